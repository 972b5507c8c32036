import type { ConversationId, Entry } from '@parley/protocol';
import { limits } from '@parley/protocol/limits';
import type { History, HistoryRange } from '@parley/sdk';
import type { Chat } from '../chat/chat.ts';
import type { AmendedNews } from '../engine/messages.ts';
import type { Place } from './place.ts';
import {
  covers,
  endsAt,
  gaplessAround,
  gaplessEnd,
  pageSize,
  rewordedByOthers,
  startsAt,
  withAmended,
} from './timeline-pages.ts';
import { type Target, type TimelineView, unloaded } from './timeline-view.ts';

/** The number of entries that are kept in memory. Beyond it, entries far from the viewport are dropped. */
const entriesMax = 600;
const dropAfterMs = 60;

/**
 * The part of one conversation that is in memory: a range without gaps. It grows at both ends as the person scrolls,
 * and with every new entry if it reaches the conversation's end.
 */
export class Timeline {
  view: TimelineView = unloaded;
  /** Whether the end is in the viewport. The list sets it. */
  isAtEnd = false;
  /** The number of the last entry in the viewport. The list sets it. */
  seenSeq: number | null = null;
  /** Whether entries are needed even far from the viewport, because they are selected. The list sets it. */
  isHeld = false;
  private readonly listeners = new Set<() => void>();
  private loading: Promise<void> | null = null;
  private early: Entry[] = [];
  /** The place to show next. It stays until it is shown, or is known to be missing. */
  private wanted: Place | null = null;
  private stopFollowing: (() => void) | null = null;

  constructor(
    private readonly chat: Chat,
    readonly conversationId: ConversationId,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Follows the conversation and shows it from a place, or else from the first unread message, or from its end. */
  open(place: Place | null): () => void {
    this.wanted = place;
    this.stopFollowing ??= this.chat.follow(this.conversationId, {
      entry: (entry) => this.arrived(entry),
      amended: (news) => this.amended(news),
      skipped: () => this.change({ hasEnd: false }),
      restored: (keptSeq) => void this.readAgain(keptSeq),
    });
    void this.run(() => this.loadFirst());
    return () => {
      this.stopFollowing?.();
      this.stopFollowing = null;
    };
  }

  loadOlder(): Promise<void> {
    return this.run(async () => {
      const first = this.view.entries[0];
      if (!first || this.view.hasStart) return;
      const page = await this.fetch({ before: first.seq, limit: limits.historyPageMax });
      const entries = page.gaps.some(({ toSeq }) => toSeq === first.seq - 1) ? [] : gaplessEnd(page);
      const isAllOfServer = page.source === 'server' && page.entries.length === 0;
      const hasStart = isAllOfServer || startsAt(entries[0] ?? first, page);
      this.change({
        entries: [...entries, ...this.view.entries],
        hasStart,
        startIsMissing: page.source === 'store' && entries.length === 0 && !hasStart,
      });
      this.dropLater('newest');
    });
  }

  loadNewer(): Promise<void> {
    return this.run(async () => {
      const last = this.view.entries.at(-1);
      if (!last || this.view.hasEnd) return;
      const page = await this.fetch({ after: last.seq, limit: limits.historyPageMax });
      const end = page.gaps[0]?.fromSeq ?? Number.POSITIVE_INFINITY;
      const entries = page.entries.filter(({ seq }) => seq < end);
      this.change({ entries: [...this.view.entries, ...entries], hasEnd: false });
      this.joinEnd();
      this.dropLater('oldest');
    });
  }

  /** Shows the end of the conversation. */
  async loadEnd(): Promise<void> {
    this.wanted = null;
    if (this.view.target) this.change({ target: null });
    // A page that is being loaded belongs to the part that is to be replaced.
    while (this.loading) await this.loading;
    if (this.view.hasEnd) {
      // The list may still be scrolling to where it was opened: a new part ends that.
      if (!this.isAtEnd) this.change({ generation: this.view.generation + 1, unreadFrom: null });
      return;
    }
    await this.run(async () => {
      const page = await this.fetch({ limit: pageSize });
      this.replace(page, gaplessEnd(page), null);
    });
  }

  /** Shows a place, and loads the part of the conversation around it if necessary. `view.target` has the outcome. */
  async goTo(place: Place): Promise<void> {
    this.wanted = place;
    while (this.loading) await this.loading;
    if (this.wanted !== place) return;
    if (!this.view.isLoaded) await this.run(() => this.loadFirst());
    else if (this.view.entries.some(({ seq }) => seq === place.seq)) this.found(place, 'shown');
    else await this.run(async () => void (await this.loadAround(place)));
  }

  /**
   * Reads the history again. Entries that may no longer exist stay in view until the server has answered. A person who
   * does not follow the end stays at the entry that was in view, or else at the last one that still exists.
   *
   * @param keptSeq the last number whose entry still exists.
   */
  private async readAgain(keptSeq = Number.POSITIVE_INFINITY): Promise<void> {
    const { seenSeq } = this;
    if (!this.isAtEnd && seenSeq !== null) this.wanted ??= { seq: Math.min(seenSeq, keptSeq), isLink: false };
    this.change({ isLoaded: false, hasEnd: false, target: null });
    // A page that is being loaded may be from before the restore.
    while (this.loading) await this.loading;
    this.early = [];
    await this.run(() => this.loadFirst());
  }

  /** Loads again what could not be loaded while there was no connection. */
  retry(): void {
    if (this.view.hasFailed) this.change({ hasFailed: false });
    if (!this.view.isLoaded || this.view.entries.length === 0) void this.run(() => this.loadFirst());
    else if (this.wanted) void this.goTo(this.wanted);
    else if (!this.view.hasEnd) void this.loadNewer();
    if (this.view.startIsMissing) this.change({ startIsMissing: false });
  }

  /** The conversation was marked as unread from this number on. */
  markedUnread(unreadFrom: number): void {
    this.change({ unreadFrom });
  }

  private async loadFirst(): Promise<void> {
    const conversation = this.chat.conversations.get(this.conversationId);
    if (!conversation) return;
    if (this.wanted && (await this.loadAround(this.wanted))) return;
    const firstUnread = this.firstUnread();
    const page = { limit: pageSize, ...(firstUnread === null ? {} : { around: firstUnread }) };
    const stored = await this.fetch({ ...page, from: 'store' });
    const shown = gaplessEnd(stored);
    const { headSeq } = conversation;
    const isEnough = firstUnread === null ? endsAt(stored, headSeq) : covers(shown, firstUnread, stored, headSeq);
    const chosen = isEnough ? stored : await this.fetch(page);
    this.replace(chosen, gaplessEnd(chosen), firstUnread);
  }

  /** Replaces the part that is shown by the one around a place. Returns whether the place is there. */
  private async loadAround(place: Place): Promise<boolean> {
    const { seq } = place;
    if (seq === null) {
      this.found(place, 'missing');
      return false;
    }
    const page = { limit: pageSize, around: seq };
    const headSeq = this.chat.conversations.get(this.conversationId)?.headSeq ?? 0;
    const stored = await this.fetch({ ...page, from: 'store' });
    const isEnough = covers(gaplessAround(stored, seq), seq, stored, headSeq);
    const chosen = isEnough ? stored : await this.fetch(page);
    const entries = gaplessAround(chosen, seq);
    if (entries.length > 0)
      this.replace(chosen, entries, this.view.isLoaded ? this.view.unreadFrom : this.firstUnread());
    this.found(place, entries.length > 0 ? 'shown' : chosen.source === 'server' ? 'missing' : 'away');
    return entries.length > 0;
  }

  private found(place: Place, outcome: Target['outcome']): void {
    if (this.wanted === place && outcome !== 'away') this.wanted = null;
    this.change({ target: { ...place, outcome } });
  }

  private firstUnread(): number | null {
    const { unreadCount, membership } = this.chat.conversations.get(this.conversationId) ?? {};
    return unreadCount && membership ? membership.readSeq + 1 : null;
  }

  private replace(page: History, entries: readonly Entry[], unreadFrom: number | null): void {
    const first = entries[0];
    this.change({
      entries,
      hasStart: first ? startsAt(first, page) : page.source === 'server',
      hasEnd: false,
      startIsMissing: false,
      isLoaded: true,
      generation: this.view.generation + 1,
      unreadFrom,
      hasFailed: false,
    });
    this.joinEnd();
  }

  private arrived(entry: Entry): void {
    const { entries, hasEnd, isLoaded } = this.view;
    const last = entries.at(-1);
    if (!isLoaded || this.loading) {
      this.early.push(entry);
    } else if (entry.seq > (last?.seq ?? 0) && (hasEnd || entry.seq === (last?.seq ?? 0) + 1)) {
      // While the person reads further up, the range stops growing; scrolling to the end loads it again.
      if (entries.length >= entriesMax * 2 && !this.isAtEnd) this.change({ hasEnd: false });
      else this.change({ entries: [...entries, entry].slice(-entriesMax * 2), hasEnd: true });
    }
  }

  private amended({ messages, reread, failure }: AmendedNews): void {
    this.early = [...withAmended(this.early, messages)];
    const { entries, refusal, reworded: before } = this.view;
    // The text of a message that was changed again must not stay on the page.
    const last = messages.some(({ seq }) => seq === before?.seq) ? null : before;
    const reworded = rewordedByOthers(entries, messages, this.chat.account?.id) ?? last;
    this.change({ entries: withAmended(entries, messages), reworded, refusal: failure ?? refusal });
    if (reread) void this.readAgain();
  }

  /** Appends entries that arrived while a page was loading, and notes whether the range reaches the newest entry. */
  private joinEnd(): void {
    const { early } = this;
    this.early = [];
    const entries = [...this.view.entries];
    let lastSeq = entries.at(-1)?.seq ?? 0;
    for (const entry of early) {
      if (entry.seq !== lastSeq + 1) continue;
      entries.push(entry);
      lastSeq = entry.seq;
    }
    const headSeq = this.chat.conversations.get(this.conversationId)?.headSeq ?? 0;
    this.change({ entries, hasEnd: lastSeq >= headSeq });
  }

  /**
   * Drops entries beyond the limit, in a change of its own: the list can keep its scroll position only if rows change
   * at one end at a time. Waits for a page that is being loaded, which continues the present range.
   */
  private dropLater(end: 'oldest' | 'newest'): void {
    const drop = () => {
      if (this.loading) {
        void this.loading.then(drop);
        return;
      }
      const { entries } = this.view;
      if (entries.length <= entriesMax || this.isHeld) return;
      if (end === 'newest') this.change({ entries: entries.slice(0, entriesMax), hasEnd: false });
      else this.change({ entries: entries.slice(-entriesMax), hasStart: false });
    };
    setTimeout(drop, dropAfterMs);
  }

  private async fetch(range: HistoryRange): Promise<History> {
    const page = await this.chat.request('history', this.conversationId, range);
    this.chat.quoted.learn(page);
    return page;
  }

  /** Runs one load at a time. A load requested while another runs is skipped: the next scroll requests it again. */
  private run(load: () => Promise<void>): Promise<void> {
    this.loading ??= load()
      // The list shows the failure and a button to try again.
      .catch(() => this.change({ hasFailed: true }))
      .finally(() => {
        this.loading = null;
        if (this.view.isLoaded && this.early.length > 0) this.joinEnd();
      });
    return this.loading;
  }

  private change(change: Partial<TimelineView>): void {
    this.view = { ...this.view, ...change };
    const mine = this.chat.account?.id;
    const shown = this.view.entries
      .slice(-200)
      .flatMap((entry) => (entry.kind === 'message' && entry.senderId === mine ? [entry.clientMessageId] : []));
    if (shown.length > 0) this.chat.outgoing.remove(this.conversationId, new Set(shown));
    for (const listener of [...this.listeners]) listener();
  }
}
