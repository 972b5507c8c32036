import {
  type Account,
  type ConversationId,
  type InputOf,
  limits,
  type OperationId,
  type ResponseOf,
  type UserId,
} from '@parley/protocol';
import type { ConnectionState, ConversationData, Watch } from '@parley/sdk';
import type { AmendedNews, AnswerTo, News, OtherVersion, RequestName, Requests, Snapshot } from '../engine/messages.ts';
import { titleOf } from '../strings/conversation-title.ts';
import { t } from '../strings/strings.ts';
import { EngineLink } from './engine-link.ts';
import { type EntryListener, EntryListeners } from './entry-listeners.ts';
import type { NoticeListener } from './notice.ts';
import { Outgoing } from './outgoing.ts';
import { People } from './people.ts';
import { Quoted } from './quoted.ts';
import { Receipts } from './receipts.ts';
import { Refusals, type RefusedChange } from './refusals.ts';
import { Typists } from './typists.ts';
import { Viewed } from './viewed.ts';

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
  features: readonly string[] = [];
  readonly conversations = new Map<ConversationId, ConversationData>();
  readonly people = new People(
    // After a log-out, views that are about to disappear request nothing.
    async (userIds) => (this.account ? this.request('people', userIds) : []),
    () => this.changed(),
  );
  readonly online = new Map<UserId, boolean>();
  readonly onlineCounts = new Map<ConversationId, number>();
  readonly outgoing = new Outgoing();
  readonly quoted = new Quoted(
    (...given) => this.request('history', ...given),
    () => this.changed(),
  );
  readonly refusals = new Refusals();
  /** The last data of conversations that the user left while this page was open. */
  readonly former = new Map<ConversationId, ConversationData>();
  private readonly typists = new Typists(() => this.changed());
  private readonly viewed = new Viewed((watch) => void this.request('watch', watch));
  private readonly receipts = new Receipts();
  private readonly listeners = new Set<() => void>();
  private readonly entryListeners = new EntryListeners();
  private readonly noticeListeners = new Set<NoticeListener>();
  private sorted: readonly ConversationData[] | null = null;
  private readonly link: Promise<EngineLink>;

  /** @param restored is called when the server lost the entries of a conversation after the number `keptSeq`. */
  constructor(private readonly restored: (conversationId: ConversationId, keptSeq: number) => void) {
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

  onNotice(listener: NoticeListener): () => void {
    this.noticeListeners.add(listener);
    return () => this.noticeListeners.delete(listener);
  }

  /** Passes new entries of a conversation to the listener, each once and in order. The returned function ends this. */
  follow(conversationId: ConversationId, listener: EntryListener): () => void {
    this.entryListeners.add(conversationId, listener);
    this.tellFollowed();
    return () => {
      // Without a listener, no news of amendments arrive.
      if (this.entryListeners.remove(conversationId, listener)) this.quoted.forget(conversationId);
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

  /** A conversation's title, also of one that the user left while this page was open. */
  titleOf(conversationId: ConversationId): string {
    const conversation = this.conversations.get(conversationId) ?? this.former.get(conversationId);
    return conversation ? titleOf(conversation) : t('formerConversation');
  }

  /** The person has seen the refusal that is reported. */
  refusalSeen(): void {
    this.refusals.removeFirst();
    this.changed();
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
        if (news.account) this.people.take([news.account]);
        return;
      case 'people':
        this.people.take(news.people);
        return;
      case 'connection':
      case 'storage':
      case 'intercepted':
      case 'otherVersion': {
        const { kind, ...state } = news;
        Object.assign(this, state);
        if (kind === 'connection') this.quoted.connected();
        return;
      }
      case 'conversation':
        this.takeConversation(news.conversation);
        return;
      case 'gone':
        this.removeConversation(news.conversationId);
        return;
      case 'entry':
        this.typists.stop(news.entry.conversationId, news.entry.senderId);
        for (const listener of this.entryListeners.of(news.entry.conversationId)) listener.entry(news.entry);
        return;
      case 'amended':
        this.takeAmended(news);
        return;
      case 'refused':
        this.reportRefusal(news);
        return;
      case 'skipped':
        for (const listener of this.entryListeners.of(news.conversationId)) listener.skipped();
        return;
      case 'restored':
        this.wasRestored = true;
        if (news.conversationId !== null) this.discardRead(news.conversationId, news.keptSeq);
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
        for (const listener of this.noticeListeners) listener.notify(news);
        return;
      case 'reworded':
        for (const listener of this.noticeListeners) listener.reword(news.conversationId, news.messages);
    }
  }

  private takeAmended(news: AmendedNews): void {
    const { conversationId, messages, reread, failure } = news;
    if (reread) this.quoted.forget(conversationId);
    this.quoted.amended(conversationId, messages);
    // The person may have just left the conversation.
    if (failure) this.reportRefusal({ conversationId, failure });
    for (const listener of this.entryListeners.of(conversationId)) listener.amended?.(news);
  }

  /** Where the conversation is shown, its view reports the refusal. */
  private reportRefusal({ conversationId, failure }: RefusedChange): void {
    if (!this.entryListeners.has(conversationId)) this.refusals.add({ conversationId, failure });
  }

  /** Forgets read positions and sent messages: their numbers are from before the restore. */
  private discardRead(conversationId: ConversationId, keptSeq: number): void {
    this.receipts.forget(conversationId);
    this.outgoing.removeSent(conversationId);
    this.quoted.forget(conversationId);
    this.restored(conversationId, keptSeq);
    for (const listener of this.entryListeners.of(conversationId)) listener.restored?.(keptSeq);
  }

  private reset({ account, conversations, pending, ...rest }: Snapshot): void {
    this.isReady = true;
    const { people, online, onlineCounts, receipts, quoted, refusals, former } = this;
    const ofOthers = [people, online, onlineCounts, receipts, quoted, refusals, former];
    for (const known of this.account?.id === account?.id ? [] : ofOthers) known.clear();
    Object.assign(this, { account, ...rest });
    this.conversations.clear();
    this.outgoing.clear();
    if (account) this.people.take([account]);
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
      this.people.take([partner]);
      if (!this.online.has(partner.id)) this.online.set(partner.id, partner.online);
    }
  }

  private removeConversation(id: ConversationId): void {
    const conversation = this.conversations.get(id);
    if (conversation) this.former.set(id, conversation);
    this.conversations.delete(id);
    this.sorted = null;
  }

  private tellFollowed(): void {
    queueMicrotask(() => void this.request('follow', this.entryListeners.ids()));
  }
}
