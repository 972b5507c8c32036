import type { ConversationId, Entry } from '@parley/protocol';
import { limits } from '@parley/protocol/limits';
import type { History, HistoryRange } from '@parley/sdk';
import type { Chat } from '../chat/chat.ts';

/** The number of entries that a conversation opens with. Scrolling loads pages of the maximum size. */
const pageSize = 100;
/** The number of entries that are kept in memory. Beyond it, entries far from the viewport are dropped. */
const entriesMax = 600;
const dropAfterMs = 60;

/** The part of a conversation that is shown. Every change makes a new object. */
export interface TimelineView {
  /** Ascending, without gaps. */
  readonly entries: readonly Entry[];
  /** No older entry exists that the person may see. */
  readonly hasStart: boolean;
  /** The newest entry is included, and new ones are appended. */
  readonly hasEnd: boolean;
  /** Older entries exist that are not stored here, and the server can't be reached. */
  readonly startIsMissing: boolean;
  readonly isLoaded: boolean;
  /** Incremented when another part of the conversation replaces the one that is shown. */
  readonly generation: number;
  /** Where to scroll to first: the number of the first unread entry, or null for the end. */
  readonly openAt: number | null;
  /** Loading failed. */
  readonly hasFailed: boolean;
}

/**
 * The part of one conversation that is in memory: a range without gaps. It grows at both ends as the person scrolls,
 * and with every new entry if it reaches the conversation's end.
 */
export class Timeline {
  view: TimelineView = {
    entries: [],
    hasStart: false,
    hasEnd: false,
    startIsMissing: false,
    isLoaded: false,
    generation: 0,
    openAt: null,
    hasFailed: false,
  };
  /** Whether the end is in the viewport. The list sets it. */
  isAtEnd = false;
  private readonly listeners = new Set<() => void>();
  private loading: Promise<void> | null = null;
  private early: Entry[] = [];
  private stopFollowing: (() => void) | null = null;

  constructor(
    private readonly chat: Chat,
    readonly conversationId: ConversationId,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Follows the conversation and shows it from the first unread message, or from its end. */
  open(): () => void {
    this.stopFollowing ??= this.chat.follow(this.conversationId, {
      entry: (entry) => this.arrived(entry),
      skipped: () => this.change({ hasEnd: false }),
      restored: () => void this.readAgain(),
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
    // The page that is being loaded belongs to the part that is replaced.
    await this.loading;
    if (this.view.hasEnd) return;
    await this.run(async () => {
      const page = await this.fetch({ limit: pageSize });
      this.replace(page, null);
    });
  }

  /** Reads the history again. Entries that may no longer exist stay in view until the server has answered. */
  private async readAgain(): Promise<void> {
    this.change({ isLoaded: false, hasEnd: false });
    // A page that is being loaded may be from before the restore.
    await this.loading;
    this.early = [];
    await this.run(() => this.loadFirst());
  }

  /** Loads again what could not be loaded while there was no connection. */
  retry(): void {
    if (this.view.hasFailed) this.change({ hasFailed: false });
    if (!this.view.isLoaded || this.view.entries.length === 0) void this.run(() => this.loadFirst());
    else if (!this.view.hasEnd) void this.loadNewer();
    if (this.view.startIsMissing) this.change({ startIsMissing: false });
  }

  private async loadFirst(): Promise<void> {
    const conversation = this.chat.conversations.get(this.conversationId);
    if (!conversation) return;
    const { headSeq, unreadCount, membership } = conversation;
    const firstUnread = unreadCount > 0 && membership ? membership.readSeq + 1 : null;
    const page = { limit: pageSize, ...(firstUnread === null ? {} : { around: firstUnread }) };
    const stored = await this.fetch({ ...page, from: 'store' });
    const isEnough = firstUnread === null ? endsAt(stored, headSeq) : covers(stored, firstUnread, headSeq);
    if (isEnough) this.replace(stored, firstUnread);
    else this.replace(await this.fetch(page), firstUnread);
  }

  private replace(page: History, openAt: number | null): void {
    const entries = gaplessEnd(page);
    const first = entries[0];
    this.change({
      entries,
      hasStart: first ? startsAt(first, page) : page.source === 'server',
      hasEnd: false,
      startIsMissing: false,
      isLoaded: true,
      generation: this.view.generation + 1,
      openAt,
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
      if (entries.length <= entriesMax) return;
      if (end === 'newest') this.change({ entries: entries.slice(0, entriesMax), hasEnd: false });
      else this.change({ entries: entries.slice(-entriesMax), hasStart: false });
    };
    setTimeout(drop, dropAfterMs);
  }

  private fetch(page: HistoryRange): Promise<History> {
    return this.chat.request('history', this.conversationId, page);
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

function startsAt(first: Entry, page: History): boolean {
  return first.seq <= page.visibleFromSeq;
}

/** The longest range without gaps at the end of a page. */
function gaplessEnd({ entries, gaps }: History): readonly Entry[] {
  const lastSeq = entries.at(-1)?.seq ?? 0;
  const gap = gaps.findLast(({ toSeq }) => toSeq < lastSeq);
  return gap ? entries.filter(({ seq }) => seq > gap.toSeq) : entries;
}

/** Whether the stored page has the newest entry and enough entries before it. */
function endsAt(stored: History, headSeq: number): boolean {
  const shown = gaplessEnd(stored);
  return shown.at(-1)?.seq === headSeq && (shown.length >= pageSize / 2 || shown[0]?.seq === stored.visibleFromSeq);
}

/** Whether the stored page has the entries around the first unread one, without gaps. */
function covers(stored: History, firstUnread: number, headSeq: number): boolean {
  const shown = gaplessEnd(stored);
  const from = Math.max(stored.visibleFromSeq, firstUnread - 20);
  const to = Math.min(headSeq, firstUnread + 20);
  return (shown[0]?.seq ?? Number.POSITIVE_INFINITY) <= from && (shown.at(-1)?.seq ?? 0) >= to;
}
