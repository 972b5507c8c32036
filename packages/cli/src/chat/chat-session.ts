import { limits } from '@parley/protocol';
import { type Conversation, defaultRuntime, type Entry, type Gap, type ParleyClient } from '@parley/sdk';
import { clockTime, displayLine, displayText } from './display-text.ts';
import { peopleIn, type ShownEntry, shownEntry } from './entry-lines.ts';
import { gapBetween, merged, shownGap, withoutEntries } from './gaps.ts';
import { lostNotices, nothingOpen, restoredNotices } from './notices.ts';
import { People } from './people.ts';

const pageSize = 50;
/** Notices that are kept; older ones are dropped. */
const noticesMax = 100;
/** The client watches the people named in this many newest entries of the open conversation. */
const watchedEntries = 100;

/** The open conversation and its loaded entries. */
interface OpenConversation {
  conversation: Conversation;
  entries: Entry[];
  /** The first entry that the user may read. */
  visibleFromSeq: number;
  /** Whether all older entries are loaded. */
  complete: boolean;
  loading: boolean;
}

/** A page of a list, as lines. */
export interface ListedPage {
  lines: string[];
  isLast: boolean;
}

/** The state that the terminal shows: the user's conversations, of which at most one is open. */
export class ChatSession {
  readonly people: People;
  open: OpenConversation | null = null;
  /** The latest list, while it has more pages. */
  listed: AsyncGenerator<ListedPage> | null = null;
  /** Messages of the program itself, newest last. */
  notices: string[] = [];
  /** How many notices there have been, including dropped ones. */
  noticeCount = 0;
  /** How many lines of a list fit on the screen. */
  listedLines = pageSize;
  /** Whether a proxy or network answers in place of the server. */
  isIntercepted = false;
  /** Prints entries that were loaded into a gap; null where a screen shows the conversation. */
  printLoaded: ((entries: readonly Entry[]) => void) | null = null;
  /** The gaps of each conversation that long absences left and that are not loaded, oldest first. */
  private readonly skipped = new Map<string, Gap[]>();
  /** Whether a notice reported a restore since the client last started to connect. */
  private hasReportedRestore = false;
  /** The users who type in the open conversation, each with a function that cancels the timeout. */
  private readonly typing = new Map<string, () => void>();
  private readonly runtime = defaultRuntime();
  private readonly listeners = new Set<() => void>();
  private stopWatching: () => void = () => undefined;
  private watched = '';

  constructor(readonly client: ParleyClient) {
    this.people = new People(client);
    client.on('state', ({ name }) => {
      if (name === 'connecting') this.hasReportedRestore = false;
      // A conversation that was opened without a connection has only the stored entries, or none.
      if (name === 'live' && this.open?.entries.length === 0)
        this.loadOlder().catch((error) => this.say(String(error)));
      this.changed();
    });
    client.on('entry', (entry) => this.addEntry(entry));
    client.on('skipped', ({ conversation, ...gap }) => this.skip(conversation, gap));
    client.on('restored', ({ conversation }) => this.readAgain(conversation));
    client.on('sessionEnded', ({ lost }) => this.sessionEnded(lost));
    client.on('conversation', ({ conversation, removed }) => {
      if (removed && this.open?.conversation === conversation) this.open = null;
      if (conversation.data.partner) this.people.meet(conversation.data.partner);
      this.watchShownUsers();
      this.changed();
    });
    client.on('people', () => this.changed());
    client.on('intercepted', ({ isIntercepted }) => {
      this.isIntercepted = isIntercepted;
      this.changed();
    });
    client.on('outbox', () => this.changed());
    client.on('presence', ({ users }) => {
      for (const { userId, online } of users) this.people.setOnline(userId, online);
      this.changed();
    });
    client.on('typing', ({ conversationId, userId }) => {
      if (conversationId === this.open?.conversation.id) this.startTyping(userId);
      this.changed();
    });
    client.on('error', (error) => this.say(`Error: ${error instanceof Error ? error.message : error}`));
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** How many messages wait to be sent or failed, also in conversations that the user is no longer in. */
  get unsentCount(): number {
    return this.client.unsent.length;
  }

  /** The open conversation. Throws when there is none. */
  get opened(): OpenConversation {
    if (!this.open) throw new Error(nothingOpen);
    return this.open;
  }

  get conversations(): Conversation[] {
    return this.client.conversations.list();
  }

  /** Names of the members who type in the open conversation. */
  get typingNames(): string[] {
    return [...this.typing.keys()].map((userId) => displayLine(this.people.name(userId)));
  }

  /** The entries of the open conversation, then the messages in its outbox. */
  get shown(): ShownEntry[] {
    if (!this.open) return [];
    const { client } = this;
    const name = (userId: string) => this.people.name(userId);
    const { entries: loaded, visibleFromSeq } = this.open;
    const entries = loaded.flatMap((entry, index) => {
      const gap = gapBetween(loaded[index - 1], entry, visibleFromSeq);
      return [...(gap ? [shownGap(gap)] : []), shownEntry(entry, name)];
    });
    const sent = new Set(entries.map(({ key }) => key));
    const outgoing = this.open.conversation.outbox
      .filter((message) => !sent.has(message.clientMessageId))
      .map((message): ShownEntry => {
        const failure = message.failure === null ? '' : ` (${message.failure.message})`;
        const author = displayLine(this.people.name((client.account ?? client.lostAccount)?.id ?? ''));
        const text = displayText(message.text) + displayLine(failure);
        return {
          key: message.clientMessageId,
          time: clockTime(message.createdAtMs),
          author,
          text,
          state: message.status,
        };
      });
    return [...entries, ...outgoing];
  }

  title(conversation: Conversation): string {
    return displayLine(conversation.title);
  }

  async show(conversation: Conversation): Promise<void> {
    if (this.open?.conversation === conversation) return;
    for (const userId of [...this.typing.keys()]) this.stopTyping(userId);
    this.open = { conversation, entries: [], visibleFromSeq: 1, complete: false, loading: false };
    this.watchShownUsers();
    await this.loadOlder();
  }

  /** Loads the page of entries before the oldest loaded one. */
  async loadOlder(): Promise<void> {
    const open = this.open;
    if (!open || open.complete || open.loading) return;
    open.loading = true;
    try {
      const before = open.entries[0]?.seq;
      const page = await open.conversation.history({ limit: pageSize, ...(before === undefined ? {} : { before }) });
      // Entries that arrived live in the meantime may be on the page too.
      const oldest = open.entries[0]?.seq ?? Number.POSITIVE_INFINITY;
      open.entries = [...page.entries.filter((entry) => entry.seq < oldest), ...open.entries];
      open.visibleFromSeq = page.visibleFromSeq;
      // Entries that the store lacks can be loaded from the server later.
      open.complete = page.gaps.length === 0 && (open.entries[0]?.seq ?? 1) <= page.visibleFromSeq;
      this.markRead();
      this.watchShownUsers();
    } finally {
      open.loading = false;
      this.changed();
    }
  }

  /** Loads the end of the newest gap of the open conversation. */
  async loadGap(): Promise<void> {
    const open = this.opened;
    const { conversation } = open;
    // Lines are printed for every conversation, open or not, so only skipped entries were not printed.
    const gap = (this.printLoaded ? undefined : this.gapOf(open)) ?? this.skipped.get(conversation.id)?.at(-1);
    if (!gap) throw new Error('All entries are loaded.');
    if (open.loading) return;
    open.loading = true;
    try {
      const limit = Math.min(limits.historyPageMax, gap.toSeq - gap.fromSeq + 1);
      const page = await conversation.history({ before: gap.toSeq + 1, limit });
      const entries = page.entries.filter(({ seq }) => seq >= gap.fromSeq);
      if (entries.length === 0) throw new Error('These entries can only be loaded with a connection.');
      open.entries = merged(open.entries, entries);
      open.visibleFromSeq = page.visibleFromSeq;
      const remaining = withoutEntries(this.skipped.get(conversation.id) ?? [], entries, page.visibleFromSeq);
      this.skipped.set(conversation.id, remaining);
      this.printLoaded?.(entries);
      this.watchShownUsers();
    } finally {
      open.loading = false;
      this.changed();
    }
  }

  send(text: string): void {
    this.open?.conversation.send(text);
  }

  /** Shows a notice to the user at this terminal. */
  say(text: string): void {
    this.noticeCount++;
    this.notices = [...this.notices.slice(1 - noticesMax), displayText(text)];
    this.changed();
  }

  private gapOf({ entries, visibleFromSeq }: OpenConversation): Gap | undefined {
    const gaps = entries.map((entry, index) => gapBetween(entries[index - 1], entry, visibleFromSeq));
    return gaps.findLast((gap) => gap !== null) ?? undefined;
  }

  private skip(conversation: Conversation, gap: Gap): void {
    this.skipped.set(conversation.id, [...(this.skipped.get(conversation.id) ?? []), gap]);
  }

  /** Shows that the user types, until the protocol's timeout. */
  private startTyping(userId: string): void {
    this.stopTyping(userId);
    const end = () => {
      this.stopTyping(userId);
      this.changed();
    };
    this.typing.set(userId, this.runtime.after(limits.typingMs, end));
  }

  private stopTyping(userId: string): void {
    this.typing.get(userId)?.();
    this.typing.delete(userId);
  }

  /** After a restore, shown entries may be lost and other entries may have their numbers. */
  private readAgain(conversation: Conversation | null): void {
    if (!this.hasReportedRestore) for (const notice of restoredNotices) this.say(notice);
    this.hasReportedRestore = true;
    if (conversation) this.skipped.delete(conversation.id);
    if (conversation === null || this.open?.conversation !== conversation) return;
    this.open = null;
    this.show(conversation).catch((error: unknown) => this.say(`Error: ${error}`));
  }

  /** Unsent messages are only in the memory of this process. */
  private sessionEnded(isLost: boolean): void {
    const { unsentCount } = this;
    const unsent = unsentCount === 0 ? [] : [`Unsent messages, which are lost when you quit: ${unsentCount}.`];
    for (const notice of isLost ? [...lostNotices, ...unsent] : unsent) this.say(notice);
  }

  private addEntry(entry: Entry): void {
    const open = this.open;
    if (open?.conversation.id === entry.conversationId) {
      if (entry.seq > (open.entries.at(-1)?.seq ?? 0)) open.entries = [...open.entries, entry];
      this.stopTyping(entry.senderId);
      this.markRead();
      this.watchShownUsers();
    }
    this.changed();
  }

  private markRead(): void {
    const newest = this.open?.entries.at(-1);
    if (newest) this.open?.conversation.markRead(newest.seq);
  }

  private watchShownUsers(): void {
    const shown = (this.open?.entries ?? []).slice(-watchedEntries).flatMap(peopleIn);
    const partners = this.conversations.flatMap(({ data }) => data.partner?.id ?? []);
    const userIds = [...new Set([...shown, ...partners])];
    const typingIn = this.open ? [this.open.conversation.id] : [];
    const watched = [...userIds.toSorted(), ...typingIn].join();
    if (watched === this.watched) return;
    this.watched = watched;
    this.stopWatching();
    this.stopWatching = this.client.watch({ userIds, typingIn });
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
