import type { ConversationId, Entry } from '@parley/protocol';
import { limits } from '@parley/protocol/limits';
import type { History, HistoryRange } from '@parley/sdk';
import type { Chat } from '../chat/chat.ts';

/** What a conversation opens with; scrolling on takes the largest pages there are. */
const pageSize = 100;
/** Entries in memory of one conversation: a longer walk forgets what is far from view. */
const entriesMax = 600;
const forgetAfterMs = 60;

/** What is shown of a conversation; a new object whenever anything changes. */
export interface TimelineView {
  /** Ascending, without gaps. */
  readonly entries: readonly Entry[];
  /** Nothing older exists, or none that one may see. */
  readonly hasStart: boolean;
  /** The newest entry is here, and those that come join it. */
  readonly hasEnd: boolean;
  /** Older entries exist which only the server has. */
  readonly startIsAway: boolean;
  readonly isLoaded: boolean;
  /** Counts every time that what was shown was replaced by another part of the conversation. */
  readonly generation: number;
  /** Where to begin: the number of the first unread entry, or null for the end. */
  readonly openAt: number | null;
  /** What was to be shown could not be loaded. */
  readonly hasFailed: boolean;
}

/**
 * The part of one conversation that is in memory: a range without gaps, which grows at both ends as one scrolls and,
 * where it reaches the end, with every entry that comes.
 */
export class Timeline {
  view: TimelineView = {
    entries: [],
    hasStart: false,
    hasEnd: false,
    startIsAway: false,
    isLoaded: false,
    generation: 0,
    openAt: null,
    hasFailed: false,
  };
  /** Whether the end is in view; the view says so. */
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
        startIsAway: page.source === 'store' && entries.length === 0 && !hasStart,
      });
      this.forgetLater('newest');
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
      this.forgetLater('oldest');
    });
  }

  /** Shows the end of the conversation. */
  async loadEnd(): Promise<void> {
    // Whatever is being loaded belongs to the part that is left.
    await this.loading;
    if (this.view.hasEnd) return;
    await this.run(async () => {
      const page = await this.fetch({ limit: pageSize });
      this.replace(page, null);
    });
  }

  /** Shown entries may be gone; they stay until the server has answered. */
  private async readAgain(): Promise<void> {
    this.change({ isLoaded: false, hasEnd: false });
    // A page that is being loaded may be from before the restore.
    await this.loading;
    this.early = [];
    await this.run(() => this.loadFirst());
  }

  /** After a reconnect: what could not be fetched before may be there now. */
  retry(): void {
    if (this.view.hasFailed) this.change({ hasFailed: false });
    if (!this.view.isLoaded || this.view.entries.length === 0) void this.run(() => this.loadFirst());
    else if (!this.view.hasEnd) void this.loadNewer();
    if (this.view.startIsAway) this.change({ startIsAway: false });
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
      startIsAway: false,
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
      // Whoever reads further up keeps what is in view; the end is loaded again when it is scrolled to.
      if (entries.length >= entriesMax * 2 && !this.isAtEnd) this.change({ hasEnd: false });
      else this.change({ entries: [...entries, entry].slice(-entriesMax * 2), hasEnd: true });
    }
  }

  /** The range reaches the end when its last number is the conversation's newest, or one that came meanwhile follows. */
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
   * Keeps what is in memory bounded, in a change of its own: the list keeps its place when rows come or go at one end,
   * and at one end alone. Never while a page is on its way, which is to join the end that there is now.
   */
  private forgetLater(end: 'oldest' | 'newest'): void {
    const forget = () => {
      if (this.loading) {
        void this.loading.then(forget);
        return;
      }
      const { entries } = this.view;
      if (entries.length <= entriesMax) return;
      if (end === 'newest') this.change({ entries: entries.slice(0, entriesMax), hasEnd: false });
      else this.change({ entries: entries.slice(-entriesMax), hasStart: false });
    };
    setTimeout(forget, forgetAfterMs);
  }

  private fetch(page: HistoryRange): Promise<History> {
    return this.chat.request('history', this.conversationId, page);
  }

  /** One at a time: a load that is asked for while another runs is left to the next scroll. */
  private run(load: () => Promise<void>): Promise<void> {
    this.loading ??= load()
      // The person is told, and may try again.
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
    if (shown.length > 0) this.chat.settle(this.conversationId, new Set(shown));
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

/** Whether what is stored shows the newest entry, and enough before it. */
function endsAt(stored: History, headSeq: number): boolean {
  const shown = gaplessEnd(stored);
  return shown.at(-1)?.seq === headSeq && (shown.length >= pageSize / 2 || shown[0]?.seq === stored.visibleFromSeq);
}

/** Whether what is stored goes on without gaps from a screen before the first unread entry. */
function covers(stored: History, firstUnread: number, headSeq: number): boolean {
  const shown = gaplessEnd(stored);
  const from = Math.max(stored.visibleFromSeq, firstUnread - 20);
  const to = Math.min(headSeq, firstUnread + 20);
  return (shown[0]?.seq ?? Number.POSITIVE_INFINITY) <= from && (shown.at(-1)?.seq ?? 0) >= to;
}
