import {
  type Account,
  type ConversationId,
  type Entry,
  type InputOf,
  limits,
  type MessageEntry,
  type OperationId,
  type ResponseOf,
  type UserId,
} from '@parley/protocol';
import type { ConnectionState, ConversationData, Person, Watch } from '@parley/sdk';
import type { AnswerTo, News, OtherVersion, RequestName, Requests, Snapshot } from '../engine/messages.ts';
import { personName } from '../strings/person-name.ts';
import { EngineLink } from './engine-link.ts';
import { Outgoing } from './outgoing.ts';
import { Receipts } from './receipts.ts';
import { Typists } from './typists.ts';
import { Viewed } from './viewed.ts';

/** Receives the entries of one conversation. */
export interface EntryListener {
  entry(entry: Entry): void;
  skipped(): void;
  /** The server was restored: entries received before may no longer exist. Read the history again. */
  restored?(): void;
}

export interface Notice {
  entry: MessageEntry;
  conversation: ConversationData;
}

/** The state of this tab, which the engine keeps up to date. Views subscribe to it and read it. */
export class Chat {
  /** False until the engine has sent its first snapshot. */
  isReady = false;
  account: Account | null = null;
  wasRevoked = false;
  lostAccountId: UserId | null = null;
  isAccountUnknown = false;
  wasRestored = false;
  isStoring = true;
  isIntercepted = false;
  otherVersion: OtherVersion = null;
  connection: ConnectionState = { name: 'offline' };
  readonly conversations = new Map<ConversationId, ConversationData>();
  readonly people = new Map<UserId, Person>();
  readonly online = new Map<UserId, boolean>();
  readonly onlineCounts = new Map<ConversationId, number>();
  readonly outgoing = new Outgoing();
  private readonly typists = new Typists(() => this.changed());
  private readonly viewed = new Viewed((watch) => void this.request('watch', watch));
  private readonly receipts = new Receipts();
  private readonly listeners = new Set<() => void>();
  private readonly entryListeners = new Map<ConversationId, Set<EntryListener>>();
  private readonly noticeListeners = new Set<(notice: Notice) => void>();
  private readonly wantedPeople = new Set<UserId>();
  private readonly askedPeople = new Set<UserId>();
  private sorted: readonly ConversationData[] | null = null;
  private readonly link: Promise<EngineLink>;

  constructor() {
    this.link = EngineLink.open((news) => this.take(news));
    addEventListener('online', () => void this.request('online'));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  async request<Name extends RequestName>(name: Name, ...given: Parameters<Requests[Name]>): Promise<AnswerTo<Name>> {
    return (await this.link).request(name, ...given);
  }

  /** Calls an operation of the HTTP API that has no request of its own. Throws {@link RequestFailed}. */
  async operation<Id extends OperationId>(id: Id, input: InputOf<Id>): Promise<ResponseOf<Id>> {
    // The type of `Requests` can't express that the response depends on the operation.
    return (await this.request('operation', id, input)) as ResponseOf<Id>;
  }

  onNotice(listener: (notice: Notice) => void): () => void {
    this.noticeListeners.add(listener);
    return () => this.noticeListeners.delete(listener);
  }

  /** Passes new entries of a conversation to the listener, each once and in order. Returns what ends that. */
  follow(conversationId: ConversationId, listener: EntryListener): () => void {
    const listeners = this.entryListeners.get(conversationId) ?? new Set();
    listeners.add(listener);
    this.entryListeners.set(conversationId, listeners);
    this.tellFollowed();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.entryListeners.delete(conversationId);
      this.tellFollowed();
    };
  }

  /** Adds these to what is in view until the returned function is called. */
  watch(watch: Watch): () => void {
    return this.viewed.add(watch);
  }

  /** All conversations, most recent activity first. Returns the same array until something changes. */
  get list(): readonly ConversationData[] {
    this.sorted ??= [...this.conversations.values()].sort(
      (a, b) => b.lastActivityAtMs - a.lastActivityAtMs || (a.id < b.id ? 1 : -1),
    );
    return this.sorted;
  }

  /** The people who are typing in a conversation now. */
  typingIn(conversationId: ConversationId): readonly UserId[] {
    return this.typists.in(conversationId);
  }

  /** The largest number that any other member has read up to; 0 if none is known. */
  readByOthers(conversationId: ConversationId): number {
    return this.receipts.furthestBut(conversationId, this.account?.id);
  }

  takeReads(conversationId: ConversationId, reads: readonly { userId: UserId; seq: number }[]): void {
    this.receipts.take(conversationId, reads);
    this.changed();
  }

  /** Loads members' read positions and presence. Where read positions are hidden, one page is enough. */
  async loadReceipts(conversationId: ConversationId): Promise<void> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page: AnswerTo<'members'> = await this.request('members', conversationId, {
        limit: limits.memberPageMax,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const reads = page.members.flatMap(({ user, readSeq }) =>
        readSeq === null ? [] : [{ userId: user.id, seq: readSeq }],
      );
      this.takeReads(conversationId, reads);
      this.takePresence(page.members.map(({ user }) => ({ userId: user.id, online: user.online })));
      cursor = reads.length > 0 ? page.nextCursor : null;
    }
  }

  takePresence(users: readonly { userId: UserId; online: boolean }[]): void {
    for (const { userId, online } of users) this.online.set(userId, online);
    this.changed();
  }

  /** A person's name. If it is unknown, returns null, requests it, and notifies subscribers when it arrives. */
  nameOf(userId: UserId): string | null {
    const known = this.people.get(userId);
    if (known) return personName(known);
    // After a log-out, views that are about to disappear request nothing.
    if (this.account && !this.askedPeople.has(userId)) this.want(userId);
    return null;
  }

  private want(userId: UserId): void {
    if (this.wantedPeople.size === 0) queueMicrotask(() => void this.askForPeople());
    this.wantedPeople.add(userId);
    this.askedPeople.add(userId);
  }

  private async askForPeople(): Promise<void> {
    const userIds = [...this.wantedPeople];
    this.wantedPeople.clear();
    const found = await this.request('people', userIds).catch(() => []);
    for (const person of found) this.people.set(person.id, person);
    // People who were not found are requested again when a view next needs them.
    for (const userId of userIds) if (!this.people.has(userId)) this.askedPeople.delete(userId);
    if (found.length > 0) this.changed();
  }

  private take(news: readonly News[]): void {
    for (const item of news) this.takeOne(item);
    this.changed();
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private takeOne(news: News): void {
    switch (news.kind) {
      case 'snapshot':
        this.reset(news.snapshot);
        return;
      case 'account':
        this.account = news.account;
        if (news.account) this.people.set(news.account.id, news.account);
        return;
      case 'people':
        for (const person of news.people) this.people.set(person.id, person);
        return;
      case 'connection':
      case 'storage':
      case 'intercepted':
      case 'otherVersion': {
        const { kind: _, ...state } = news;
        Object.assign(this, state);
        return;
      }
      case 'conversation':
        this.takeConversation(news.conversation);
        return;
      case 'gone':
        this.conversations.delete(news.conversationId);
        this.sorted = null;
        return;
      case 'entry':
        this.typists.stop(news.entry.conversationId, news.entry.senderId);
        for (const listener of this.entryListeners.get(news.entry.conversationId) ?? []) listener.entry(news.entry);
        return;
      case 'skipped':
        for (const listener of this.entryListeners.get(news.conversationId) ?? []) listener.skipped();
        return;
      case 'restored':
        this.wasRestored = true;
        if (news.conversationId !== null) this.discardRead(news.conversationId);
        return;
      case 'pending':
        this.outgoing.take(news.message);
        return;
      case 'discarded':
        this.outgoing.remove(news.conversationId, new Set([news.clientMessageId]));
        return;
      case 'typing':
        if (news.userId !== this.account?.id) this.typists.start(news.conversationId, news.userId);
        return;
      case 'read':
        this.takeReads(news.conversationId, [news]);
        return;
      case 'presence':
        this.takePresence(news.users);
        for (const each of news.conversations) this.onlineCounts.set(each.conversationId, each.onlineCount);
        return;
      case 'notify':
        for (const listener of this.noticeListeners) listener(news);
    }
  }

  /** Forgets read positions and sent messages: their numbers are from before the restore. */
  private discardRead(conversationId: ConversationId): void {
    this.receipts.forget(conversationId);
    this.outgoing.removeSent(conversationId);
    for (const listener of this.entryListeners.get(conversationId) ?? []) listener.restored?.();
  }

  private reset({ account, conversations, pending, ...rest }: Snapshot): void {
    this.isReady = true;
    const ofOthers = [this.people, this.online, this.onlineCounts, this.askedPeople, this.receipts];
    for (const known of this.account?.id === account?.id ? [] : ofOthers) known.clear();
    Object.assign(this, { account, ...rest });
    this.conversations.clear();
    this.outgoing.clear();
    if (account) this.people.set(account.id, account);
    for (const conversation of conversations) this.takeConversation(conversation);
    for (const message of pending) this.outgoing.take(message);
    this.sorted = null;
    this.tellFollowed();
    this.viewed.tellAgain();
  }

  private takeConversation(conversation: ConversationData): void {
    const { id, partner, headSeq } = conversation;
    this.conversations.set(id, conversation);
    this.sorted = null;
    // Without a timeline that shows their entries, nothing else removes sent messages.
    if (!this.entryListeners.has(id)) this.outgoing.removeSentUpTo(id, headSeq);
    if (partner) {
      this.people.set(partner.id, partner);
      if (!this.online.has(partner.id)) this.online.set(partner.id, partner.online);
    }
  }

  private tellFollowed(): void {
    queueMicrotask(() => void this.request('follow', [...this.entryListeners.keys()]));
  }
}
