import type { Account, ConversationId, Entry, MessageChange, MessageEntry } from '@parley/protocol';
import {
  type Conversation,
  defaultRuntime,
  IndexedDbStore,
  type OutgoingMessage,
  ParleyClient,
  type StoredMessage,
} from '@parley/sdk';
import { BufferedStore } from './buffered-store.ts';
import type { News, OtherVersion, Pending, Snapshot } from './messages.ts';
import { PeopleDirectory } from './people-directory.ts';
import { reportFailure } from './report-failure.ts';
import { failureOf, type TabPort } from './tab-port.ts';

/** Older messages cause no notification: they show as unread. */
const newsAgeMs = 60_000;

/** A page waits at most this long for stored names. */
const namesLimitMs = 1_000;

/** The client that all tabs of a browser share, with its connection, store and outbox. */
export class Engine {
  readonly client: ParleyClient;
  readonly people: PeopleDirectory;
  private readonly tabs = new Set<TabPort>();
  private readonly networkListeners = new Set<() => void>();
  private readonly ready: Promise<void>;
  private account: Account | null = null;
  private wasRevoked = false;
  private wasRestored = false;
  private isStoring = true;
  private isIntercepted = false;
  private otherVersion: OtherVersion = null;
  /** Tabs that wait for the store. */
  private readonly arriving = new Set<TabPort>();

  constructor(url: string) {
    const runtime = {
      ...defaultRuntime(),
      onOnline: (run: () => void) => {
        this.networkListeners.add(run);
        return () => this.networkListeners.delete(run);
      },
    };
    const store = new BufferedStore(new IndexedDbStore('parley'));
    this.client = new ParleyClient({ url, store, runtime });
    this.people = new PeopleDirectory(this.client);
    this.listen();
    this.ready = this.start();
  }

  /** Sends a tab a snapshot and all further changes until it is detached. */
  attach(tab: TabPort): void {
    this.arriving.add(tab);
    tab.tellNow({ kind: 'otherVersion', otherVersion: this.otherVersion });
    const arrive = async () => {
      await this.ready;
      if (!this.arriving.delete(tab)) return;
      this.tabs.add(tab);
      tab.tell({ kind: 'snapshot', snapshot: this.snapshot() });
      tab.open();
      this.connectIfStopped();
      // Messages that the tab had not sent when it was reloaded into this version.
      await this.client.takeOverOutbox();
    };
    arrive().catch(reportFailure);
  }

  detach(tab: TabPort): void {
    this.arriving.delete(tab);
    this.tabs.delete(tab);
  }

  get conversations() {
    return this.client.conversations;
  }

  conversation(conversationId: ConversationId): Conversation {
    const conversation = this.conversations.get(conversationId);
    if (!conversation) throw new Error('You are not in this conversation.');
    return conversation;
  }

  /** Logs in. What was stored of another account's lost session is deleted. */
  async begin(logIn: () => Promise<Account>): Promise<Account> {
    const lost = this.client.lostAccount;
    const account = await logIn();
    if (lost && lost.id !== account.id) await this.people.clear();
    this.wasRevoked = false;
    this.setAccount(account);
    this.tellAll({ kind: 'snapshot', snapshot: this.snapshot() });
    this.client.connect();
    return account;
  }

  setAccount(account: Account | null): Account | null {
    this.account = account;
    this.tellAll({ kind: 'account', account });
    return account;
  }

  async end(): Promise<void> {
    const loggedOut = this.client.logout();
    this.account = null;
    this.wasRestored = false;
    // The server may not answer for a long time.
    this.tellAll({ kind: 'snapshot', snapshot: this.snapshot() });
    await Promise.all([loggedOut, this.people.clear()]);
  }

  /** Resolves when the message is stored here, or storing failed. Rejects only if the message will not be sent. */
  async send(conversationId: ConversationId, text: string, clientMessageId: string, replyTo?: number): Promise<void> {
    const options = { clientMessageId, ...(replyTo !== undefined && { replyTo }) };
    await this.conversation(conversationId).send(text, options).kept();
  }

  amend(conversationId: ConversationId, target: MessageEntry | string, change: MessageChange): void {
    const given = typeof target === 'string' ? this.outgoing(target) : target;
    if (!given) throw new Error('The message has just been sent or discarded. Try again.');
    const message = this.conversation(conversationId).message(given);
    if (change.kind === 'edit') message.edit(change.text);
    else if (change.kind === 'delete') message.delete();
    else if (change.kind === 'react') message.react(change.emoji, change.set);
    else message.pin(change.set);
  }

  /** A message that is not sent, also of a conversation that the user is no longer in. */
  outgoing(id: string): OutgoingMessage | undefined {
    return this.client.unsent.find(({ clientMessageId }) => clientMessageId === id);
  }

  restoredSeen(): void {
    this.wasRestored = false;
    this.tellAll({ kind: 'snapshot', snapshot: this.snapshot() });
  }

  networkIsBack(): void {
    for (const run of [...this.networkListeners]) run();
    this.connectIfStopped();
  }

  /** What made the client stop may have passed. */
  private connectIfStopped(): void {
    if (this.account && this.client.state.name === 'stopped') this.client.connect();
  }

  /** Reads the store again if it failed and already works again. */
  private async resume(): Promise<Account | null> {
    const account = await this.client.resume();
    return this.client.isAccountUnknown && this.isStoring ? this.resume() : account;
  }

  /** The store could not be read at the start and works now. */
  private async startAgain(): Promise<void> {
    await this.start();
    this.tellAll({ kind: 'snapshot', snapshot: this.snapshot() });
  }

  private async start(): Promise<void> {
    const account = await this.resume();
    this.account = account;
    // A disk that does not answer must not block the start: names then arrive later, or from the server.
    await Promise.race([this.people.load(), new Promise((resolve) => setTimeout(resolve, namesLimitMs))]);
    if (account) this.client.connect();
  }

  /**
   * Removes everything of a revoked session from the screen and the disk. If the session was lost because the server
   * was restored, only clears the screen: the stored data is kept until the same account logs in.
   */
  private async sessionEnded(isLost: boolean): Promise<void> {
    this.wasRevoked = !isLost;
    if (!isLost) return this.end();
    this.account = null;
    this.tellAll({ kind: 'snapshot', snapshot: this.snapshot() });
  }

  private snapshot(): Snapshot {
    const conversations = this.account ? this.conversations.list() : [];
    return {
      account: this.account,
      wasRevoked: this.wasRevoked,
      lostAccountId: this.client.lostAccount?.id ?? null,
      isAccountUnknown: this.client.isAccountUnknown,
      wasRestored: this.wasRestored,
      isStoring: this.isStoring,
      isIntercepted: this.isIntercepted,
      connection: this.client.state,
      features: this.client.serverFeatures,
      conversations: conversations.map(({ data }) => data),
      pending: this.account ? this.client.unsent.filter(isShown).map(pendingOf) : [],
    };
  }

  private listen(): void {
    const { client } = this;
    client.on('error', reportFailure);
    client.on('storage', ({ available }) => {
      this.isStoring = available;
      this.tellAll({ kind: 'storage', isStoring: available });
      if (available && client.isAccountUnknown) this.startAgain().catch(reportFailure);
    });
    client.on('otherVersion', ({ notice }) => {
      this.otherVersion = notice === 'opened' ? null : notice;
      const news = { kind: 'otherVersion', otherVersion: this.otherVersion } as const;
      for (const tab of this.arriving) tab.tellNow(news);
      this.tellAll(news);
    });
    client.on('intercepted', ({ isIntercepted }) => {
      this.isIntercepted = isIntercepted;
      this.tellAll({ kind: 'intercepted', isIntercepted });
    });
    client.on('state', (connection) => {
      if (connection.name === 'live' && client.account) this.setAccount(client.account);
      this.tellAll({ kind: 'connection', connection, features: client.serverFeatures });
    });
    client.on('sessionEnded', ({ lost }) => void this.sessionEnded(lost).catch(reportFailure));
    client.on('conversation', ({ conversation, removed }) => {
      if (removed) this.tellAll({ kind: 'gone', conversationId: conversation.id });
      else this.tellAll({ kind: 'conversation', conversation: conversation.data });
    });
    client.on('entry', (entry) => this.takeEntry(entry));
    client.on('amended', ({ conversation: { id: conversationId }, messages, reread, failure: refused }) => {
      const failure = refused && failureOf(refused);
      const news = { kind: 'amended', conversationId, messages, reread, failure } as const;
      for (const tab of this.tabs) if (tab.follows(conversationId)) tab.tell(news);
      if (failure) this.tabToReport(conversationId)?.tell({ kind: 'refused', conversationId, failure });
      const others = messages.filter((one) => one.senderId !== this.account?.id && (one.deleted || one.editedAtMs));
      if (reread || others.length > 0)
        this.tellAll({ kind: 'reworded', conversationId, messages: reread ? null : others });
    });
    client.on('skipped', ({ conversation }) => this.tellAll({ kind: 'skipped', conversationId: conversation.id }));
    client.on('restored', ({ conversation, keptSeq = 0 }) => {
      this.wasRestored = true;
      this.tellAll({
        kind: 'restored',
        ...(conversation ? { conversationId: conversation.id, keptSeq } : { conversationId: null }),
      });
    });
    client.on('outbox', (message) => this.takeOutgoing(message));
    client.on('typing', ({ conversationId, userId }) => this.tellAll({ kind: 'typing', conversationId, userId }));
    client.on('people', (people) => {
      this.tellAll({ kind: 'people', people });
      if (people.some(({ id }) => id === this.account?.id)) this.setAccount(client.account);
    });
    client.on('read', ({ conversationId, userId, seq }) => this.tellAll({ kind: 'read', conversationId, userId, seq }));
    client.on('presence', ({ users, conversations }) => this.tellAll({ kind: 'presence', users, conversations }));
  }

  private takeEntry(entry: Entry): void {
    for (const tab of this.tabs) if (tab.follows(entry.conversationId)) tab.tell({ kind: 'entry', entry });
    if (entry.kind !== 'message' || entry.senderId === this.account?.id) return;
    if (this.client.state.name !== 'live' || this.client.serverNowMs - entry.atMs > newsAgeMs) return;
    const conversation = this.conversations.get(entry.conversationId)?.data;
    if (conversation) this.tabToReport(entry.conversationId)?.tell({ kind: 'notify', entry, conversation });
  }

  /** The tab that the person turned to last, unless the person looks at the conversation in any tab. */
  private tabToReport(conversationId: ConversationId): TabPort | undefined {
    const tabs = [...this.tabs].sort((a, b) => b.attended - a.attended);
    return tabs.some((tab) => tab.looksAt(conversationId)) ? undefined : tabs[0];
  }

  private takeOutgoing(message: OutgoingMessage): void {
    const { conversationId, clientMessageId, status } = message;
    const isThere = status === 'sent' || (this.outgoing(clientMessageId) !== undefined && isShown(message));
    this.tellAll(
      isThere
        ? { kind: 'pending', message: pendingOf(message) }
        : { kind: 'discarded', conversationId, clientMessageId },
    );
  }

  private tellAll(news: News): void {
    for (const tab of this.tabs) tab.tell(news);
  }
}

/** A deleted message is shown again only if it can't be sent: the person then discards it. */
function isShown({ isDeleted, status }: OutgoingMessage): boolean {
  return !isDeleted || status === 'failed';
}

function pendingOf(message: OutgoingMessage): Pending {
  const { clientMessageId, conversationId, text, replyTo, order, createdAtMs, failure, status, receipt } = message;
  const stored: StoredMessage = { clientMessageId, conversationId, text, order, createdAtMs, failure };
  return { ...stored, ...(replyTo !== undefined && { replyTo }), status, seq: receipt?.seq ?? null };
}
