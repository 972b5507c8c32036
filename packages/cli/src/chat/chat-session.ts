import { limits, markedName } from '@parley/protocol';
import {
  type Conversation,
  defaultRuntime,
  type Entry,
  type Gap,
  type MessageEntry,
  type ParleyClient,
} from '@parley/sdk';
import { Amendments } from './amendments.ts';
import { displayLine, displayText } from './display-text.ts';
import { isShown, peopleIn, type ShownEntry, shownOutgoing } from './entry-lines.ts';
import { merged, newestGap, withoutEntries } from './gaps.ts';
import type { ListedPage } from './listed-page.ts';
import { endedNotices, nothingOpen, restoredNotices, whereIs } from './notices.ts';
import { newlyOpened, type OpenConversation, reachesFirst, readNewest, resumeReading } from './open-conversation.ts';
import { People } from './people.ts';
import { Quotes } from './quotes.ts';
import { RequestIds } from './request-ids.ts';
import { ShownEntries } from './shown-entries.ts';
import { TypingUsers } from './typing-users.ts';

const pageSize = 50;
/** Notices that are kept; older ones are dropped. */
const noticesMax = 100;
/** The client watches the people named in this many newest entries of the open conversation. */
const watchedEntries = 100;

/** The state that the terminal shows: the user's conversations, of which at most one is open. */
export class ChatSession {
  readonly people: People;
  readonly requestIds = new RequestIds();
  readonly amendments = new Amendments(
    (text) => this.say(text),
    () => this.changed(),
    (id) => (id === this.open?.conversation.id ? '' : ` in ${whereIs(this.client, id)}`),
  );
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
  private readonly typing = new TypingUsers(defaultRuntime(), () => this.changed());
  private readonly quotes: Quotes;
  readonly shownEntries: ShownEntries;
  private readonly listeners = new Set<() => void>();
  private stopWatching: () => void = () => undefined;
  private watched = '';

  /** @param server the address of the server, for links. */
  constructor(
    readonly client: ParleyClient,
    readonly server: string,
  ) {
    this.people = new People(client);
    this.quotes = new Quotes(client, () => this.changed());
    this.shownEntries = new ShownEntries(
      (userId) => this.people.name(userId),
      (conversationId, seq) => this.quotes.get(conversationId, seq),
    );
    client.on('state', ({ name }) => {
      if (name === 'connecting') this.hasReportedRestore = false;
      if (name === 'live') readNewest(this.open, client);
      // A conversation that was opened without a connection has only the stored entries, or none.
      if (name === 'live' && this.open?.entries.length === 0)
        this.loadOlder().catch((error) => this.say(String(error)));
      this.changed();
    });
    client.on('entry', (entry) => this.addEntry(entry));
    client.on('amended', ({ conversation, messages, reread }) => this.amend(conversation, messages, reread));
    client.on('skipped', ({ conversation, ...gap }) => this.skip(conversation, gap));
    client.on('restored', ({ conversation }) => this.readAgain(conversation));
    client.on('sessionEnded', ({ lost }) => {
      for (const notice of endedNotices(lost, this.unsentCount)) this.say(notice);
    });
    client.on('conversation', ({ conversation, removed }) => {
      if (removed && this.open?.conversation === conversation) this.close();
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
      if (conversationId === this.open?.conversation.id) this.typing.start(userId);
      this.changed();
    });
    client.on('error', (error) => this.say(`Error: ${error instanceof Error ? error.message : error}`));
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** How many messages wait to be sent or failed, also in conversations that the user is no longer in. */
  get unsentCount(): number {
    return this.client.unsent.filter(isShown).length;
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
    return this.typing.userIds.map((userId) => displayLine(this.people.name(userId)));
  }

  /** The entries of the open conversation, then the messages in its outbox. */
  get shown(): ShownEntry[] {
    if (!this.open) return [];
    const { client } = this;
    const entries = this.shownEntries.of(this.open.entries, this.open.visibleFromSeq);
    const sent = new Set(entries.map(({ key }) => key));
    const author = this.people.name((client.account ?? client.lostAccount)?.id ?? '');
    const outgoing = this.open.conversation.outbox
      .filter((message) => isShown(message) && !sent.has(message.clientMessageId))
      .map((message) => shownOutgoing(message, author, this.shownEntries.quoteOf(message)));
    return [...entries, ...outgoing];
  }

  title(conversation: Conversation): string {
    return displayLine(markedName(conversation.title, 'en'));
  }

  async show(conversation: Conversation): Promise<void> {
    if (this.open?.conversation === conversation) return resumeReading(this.open, this.client);
    this.close();
    this.open = newlyOpened(conversation, this.client);
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
      this.quotes.learnPage(page);
      // Entries that arrived live in the meantime may be on the page too.
      const oldest = open.entries[0]?.seq ?? Number.POSITIVE_INFINITY;
      open.entries = [...page.entries.filter((entry) => entry.seq < oldest), ...open.entries];
      open.visibleFromSeq = page.visibleFromSeq;
      open.complete = reachesFirst(page, open.entries);
      readNewest(this.open, this.client);
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
    const gap =
      (this.printLoaded ? undefined : newestGap(open.entries, open.visibleFromSeq)) ??
      this.skipped.get(conversation.id)?.at(-1);
    if (!gap) throw new Error('All entries are loaded.');
    if (open.loading) return;
    open.loading = true;
    try {
      const limit = Math.min(limits.historyPageMax, gap.toSeq - gap.fromSeq + 1);
      const page = await conversation.history({ before: gap.toSeq + 1, limit });
      const entries = page.entries.filter(({ seq }) => seq >= gap.fromSeq);
      this.quotes.learnPage(page);
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

  /** Sends a message, or completes the edit or reply that was begun. Throws if the text is too long for an edit. */
  send(text: string): void {
    if (!this.open) return;
    resumeReading(this.open, this.client);
    this.amendments.submit(this.open.conversation, text);
  }

  /** Shows a notice to the user at this terminal. */
  say(text: string): void {
    this.noticeCount++;
    this.notices = [...this.notices.slice(1 - noticesMax), displayText(text)];
    this.changed();
  }

  private skip(conversation: Conversation, gap: Gap): void {
    this.skipped.set(conversation.id, [...(this.skipped.get(conversation.id) ?? []), gap]);
  }

  private close(): void {
    this.open = null;
    this.typing.clear();
    this.amendments.cancel();
  }

  private amend(conversation: Conversation, messages: readonly MessageEntry[], isReread: boolean): void {
    this.quotes.learn(messages);
    const open = this.open;
    if (open?.conversation === conversation) {
      const states = new Map(messages.map((message) => [message.seq, message]));
      open.entries = open.entries.map((entry) => states.get(entry.seq) ?? entry);
      if (isReread) this.reread(open).catch((error: unknown) => this.say(`Error: ${error}`));
    }
    this.changed();
  }

  /** Replaces the loaded entries by the newest page: too many have changed to be listed. */
  private async reread(open: OpenConversation): Promise<void> {
    this.quotes.clear();
    const page = await open.conversation.history({ limit: pageSize });
    const newest = page.entries.at(-1)?.seq ?? 0;
    this.quotes.learnPage(page);
    open.entries = [...page.entries, ...open.entries.filter(({ seq }) => seq > newest)];
    open.complete = reachesFirst(page, open.entries);
    this.changed();
  }

  /** After a restore, shown entries may be lost and other entries may have their numbers. */
  private readAgain(conversation: Conversation | null): void {
    if (!this.hasReportedRestore) for (const notice of restoredNotices) this.say(notice);
    this.hasReportedRestore = true;
    if (conversation) this.skipped.delete(conversation.id);
    this.quotes.clear();
    if (conversation === null || this.open?.conversation !== conversation) return;
    this.close();
    this.show(conversation).catch((error: unknown) => this.say(`Error: ${error}`));
  }

  private addEntry(entry: Entry): void {
    const open = this.open;
    this.quotes.learn([entry]);
    if (open?.conversation.id === entry.conversationId) {
      if (entry.seq > (open.entries.at(-1)?.seq ?? 0)) open.entries = [...open.entries, entry];
      this.typing.stop(entry.senderId);
      readNewest(this.open, this.client);
      this.watchShownUsers();
    }
    this.changed();
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
