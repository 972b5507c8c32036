import {
  type Account,
  type Conversation as ConversationData,
  type ConversationId,
  type Entry,
  type InputOf,
  limits,
  type OperationId,
  type ResponseOf,
  type ServerFrame,
  type ServerFrameOf,
  type UserId,
} from '@parley/protocol';
import { CatchUp } from './catch-up.ts';
import type { ClientCore, ClientEvents } from './client-core.ts';
import { Connection, type ConnectionState } from './connection.ts';
import type { Conversation } from './conversation.ts';
import { Conversations } from './conversations.ts';
import { withEntry, withRead } from './entry-effects.ts';
import { Events } from './events.ts';
import { HttpApi } from './http.ts';
import { Outbox } from './outbox.ts';
import { Disconnected } from './parley-error.ts';
import { ReadMarks } from './read-marks.ts';
import { defaultRuntime, type Runtime } from './runtime.ts';
import { MemoryStore } from './store/memory-store.ts';
import type { Store } from './store/store.ts';
import { Watches } from './watches.ts';

export interface ClientOptions {
  /** Of the server, without a path: `https://chat.example.org`. */
  url: string;
  /** Where session, conversations and outbox are kept; in memory unless given. */
  store?: Store;
  /** Where there is none of its own (Node 20): the one of the package `ws`, say. */
  webSocket?: typeof WebSocket;
  /** Time, randomness and network, for tests. */
  runtime?: Runtime;
}

/** How often typing is told at the most; others show it for `limits.typingMs`. */
const typingIntervalMs = limits.typingMs / 2;

/** A client of one Parley server, for one person. */
export class ParleyClient {
  readonly conversations: Conversations;
  /** Who is logged in. */
  account: Account | null = null;
  private readonly events = new Events<ClientEvents>();
  private readonly api: HttpApi;
  private readonly store: Store;
  private readonly runtime: Runtime;
  private readonly connection: Connection;
  private readonly outbox: Outbox;
  private readonly core: ClientCore;
  private readonly readMarks: ReadMarks;
  private readonly watches: Watches;
  private readonly catchUp: CatchUp;
  private readonly typedMs = new Map<ConversationId, number>();
  /** Entries of conversations that are being asked for. */
  private readonly strangers = new Map<ConversationId, Entry[]>();
  /** False until the conversations were here once: whatever is new from then on was not shown yet. */
  private hadConversations = false;

  private readonly reportFailure = (error: unknown) => this.events.emit('error', error);

  constructor(options: ClientOptions) {
    this.store = options.store ?? new MemoryStore();
    this.runtime = options.runtime ?? defaultRuntime(options.webSocket);
    this.api = new HttpApi(options.url.replace(/\/+$/, ''), this.runtime);
    const { reportFailure } = this;
    this.outbox = new Outbox(
      this.store,
      async ({ conversationId, clientMessageId, text }) => {
        const frame = { type: 'send', conversationId, clientMessageId, text } as const;
        const answer = await this.connection.request(frame);
        if (answer.type !== 'ack') throw new Disconnected(`a send was answered with ${answer.type}`);
        return answer;
      },
      this.runtime,
      (message) => this.events.emit('outbox', message),
      reportFailure,
    );
    this.conversations = new Conversations(() => this.core);
    this.core = this.createCore();
    this.catchUp = new CatchUp(this.core, this.conversations, (conversation, toSeq) => this.fill(conversation, toSeq));
    this.connection = new Connection(
      this.api.url,
      () => this.api.token !== null && { token: this.api.token, resume: this.hadConversations },
      this.runtime,
      {
        state: (state) => this.stateChanged(state),
        welcome: (frame, live) => this.welcomed(frame, live),
        frame: (frame) => this.received(frame),
        error: reportFailure,
      },
    );
    this.readMarks = new ReadMarks(this.connection, reportFailure);
    this.watches = new Watches(this.connection, reportFailure);
  }

  /** Where the connection is. */
  get state(): ConnectionState {
    return this.connection.state;
  }

  /** Calls `handler` for each such event; the returned function undoes that. */
  on<Name extends keyof ClientEvents>(name: Name, handler: (event: ClientEvents[Name]) => void): () => void {
    return this.events.on(name, handler);
  }

  /** Any operation of the HTTP API. Throws {@link ParleyError} or {@link Disconnected}. Not optimistic. */
  call<Id extends OperationId>(id: Id, input: InputOf<Id>): Promise<ResponseOf<Id>> {
    return this.api.call(id, input);
  }

  /** Makes an account and logs in. */
  async signup(input: InputOf<'signup'>): Promise<Account> {
    return this.loggedIn(await this.api.call('signup', input));
  }

  async login(input: InputOf<'login'>): Promise<Account> {
    return this.loggedIn(await this.api.call('login', input));
  }

  /** Takes up what the store has of an earlier run. Null when nobody is logged in there. */
  async resume(): Promise<Account | null> {
    const session = await this.store.session();
    if (!session) return null;
    this.api.token = session.token;
    this.account = session.account;
    for (const { conversation, position } of await this.store.conversations()) {
      this.conversations.put(conversation, position);
      this.hadConversations = true;
    }
    await this.outbox.load();
    return session.account;
  }

  /** Connects, and stays connected until {@link close}. Watch `state` for how that goes. */
  connect(): void {
    this.connection.open();
  }

  /** Resolves when everything that was missed is here. Rejects when the connection stops for good. */
  live(): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (state: ConnectionState) => {
        if (state.name === 'live') resolve();
        else if (state.name === 'stopped') reject(new Disconnected(state.reason));
        else return;
        stop();
      };
      const stop = this.events.on('state', check);
      check(this.state);
    });
  }

  close(): void {
    this.connection.close();
  }

  /** Ends the session and forgets everything of it. */
  async logout(): Promise<void> {
    this.close();
    await this.api.call('logout', {});
    this.api.token = null;
    this.account = null;
    this.conversations.clear();
    this.hadConversations = false;
    await this.store.clear();
  }

  /** People by the start of their username or of a word of their display name. */
  searchUsers(query: InputOf<'userSearch'>): Promise<ResponseOf<'userSearch'>> {
    return this.api.call('userSearch', query);
  }

  /** Presence of these people, and online counts of these conversations, come as `presence` until it is undone. */
  watch(userIds: readonly UserId[], conversationIds: readonly ConversationId[] = []): () => void {
    return this.watches.add(userIds, conversationIds);
  }

  private createCore(): ClientCore {
    const { api, store, outbox, events, runtime } = this;
    const connected = () => this.state.name === 'live' || this.state.name === 'catching-up';
    return {
      ...{ api, store, outbox, events, runtime },
      get isConnected() {
        return connected();
      },
      markRead: (conversation, seq) => this.markRead(conversation, seq),
      typing: (conversationId) => this.typing(conversationId),
      update: (data) => this.update(data),
      learn: (data) => this.learn(data),
      forget: (conversationId) => this.forget(conversationId),
    };
  }

  private async loggedIn({ token, account }: ResponseOf<'login'>): Promise<Account> {
    this.api.token = token;
    this.account = account;
    await this.store.setSession({ token, account });
    await this.outbox.load();
    return account;
  }

  private stateChanged(state: ConnectionState): void {
    if (state.name === 'catching-up' || state.name === 'live') this.outbox.resume();
    else this.outbox.pause();
    if (state.name === 'catching-up') {
      this.readMarks.resume();
      this.watches.resume();
    }
    this.events.emit('state', state);
  }

  private welcomed(frame: ServerFrameOf<'welcome'>, live: () => void): void {
    this.account = frame.account;
    const { state } = this;
    const isCurrent = () => this.state === state;
    this.catchUp.run(frame.homepage, this.hadConversations, isCurrent).then(
      () => {
        this.hadConversations ||= isCurrent();
        live();
      },
      (error: unknown) => {
        this.events.emit('error', error);
        // Without what was missed nothing is right: a new connection tries again.
        if (isCurrent()) this.connection.restart();
      },
    );
  }

  private received(frame: ServerFrame): void {
    switch (frame.type) {
      case 'entry':
        this.takeEntry(frame.entry);
        return;
      case 'conversation':
        if (frame.conversation) this.learn(frame.conversation);
        else this.forget(frame.conversationId).catch(this.reportFailure);
        return;
      case 'read':
        this.takeRead(frame);
        return;
      case 'presence':
        this.events.emit('presence', frame);
        return;
      case 'typing':
        this.events.emit('typing', frame);
    }
  }

  private takeEntry(entry: Entry): void {
    const conversation = this.conversations.get(entry.conversationId);
    if (conversation) {
      this.show(conversation, [entry]);
      return;
    }
    // Somebody added us, or wrote to us first: what the conversation is follows, or is asked for.
    const waiting = this.strangers.get(entry.conversationId);
    if (waiting) waiting.push(entry);
    else this.meet(entry).catch(this.reportFailure);
  }

  private async meet(first: Entry): Promise<void> {
    const { conversationId } = first;
    const entries = [first];
    this.strangers.set(conversationId, entries);
    try {
      const data = await this.api.call('getConversation', { conversationId });
      if (data.membership) this.show(this.learn(data), entries);
    } finally {
      this.strangers.delete(conversationId);
    }
  }

  /** Shows what is next of these entries, and fetches what is missing before the others. */
  private show(conversation: Conversation, entries: readonly Entry[]): void {
    const { ready, missing } = conversation.sequencer.take(entries);
    for (const entry of ready) this.showOne(conversation, entry);
    if (ready.length > 0) {
      this.keep(conversation, ready);
      this.changed(conversation);
    }
    if (missing && !conversation.filling) {
      this.fill(conversation, missing.toSeq).catch(this.reportFailure);
    }
  }

  private showOne(conversation: Conversation, entry: Entry): void {
    conversation.data = withEntry(conversation.data, entry, this.account);
    if (entry.kind === 'message' && entry.senderId === this.account?.id) {
      this.outbox.arrived(entry.clientMessageId, entry);
      this.markRead(conversation, entry.seq);
    }
    this.events.emit('entry', entry);
  }

  /** Fetches and shows everything up to `toSeq`. One fetch of a conversation at a time. */
  private fill(conversation: Conversation, toSeq: number): Promise<void> {
    conversation.filling ??= this.fetchUpTo(conversation, toSeq).finally(() => {
      conversation.filling = null;
      // What came meanwhile may have left another gap.
      this.show(conversation, []);
    });
    return conversation.filling;
  }

  private async fetchUpTo(conversation: Conversation, toSeq: number): Promise<void> {
    while (conversation.sequencer.position < toSeq && this.conversations.get(conversation.id) === conversation) {
      const after = conversation.sequencer.position;
      const page = await this.api.call('getHistory', {
        conversationId: conversation.id,
        after,
        limit: Math.min(limits.historyPageMax, toSeq - after),
      });
      const first = page.entries[0];
      // Numbers that this reader may not see are no gap.
      if (first && first.seq > after + 1) conversation.sequencer.skipTo(first.seq - 1);
      this.show(conversation, page.entries);
      if (!first) return;
    }
  }

  private takeRead(frame: ServerFrameOf<'read'>): void {
    const conversation = this.conversations.get(frame.conversationId);
    if (conversation && frame.userId === this.account?.id) {
      conversation.data = withRead(conversation.data, frame.seq, frame.messageCount);
      this.changed(conversation);
    }
    this.events.emit('read', frame);
  }

  private markRead(conversation: Conversation, seq: number): void {
    if (seq <= (conversation.data.membership?.readSeq ?? Number.POSITIVE_INFINITY)) return;
    const atHead = seq >= conversation.data.headSeq;
    if (atHead) {
      conversation.data = withRead(conversation.data, seq, conversation.data.messageCount);
      this.changed(conversation);
    }
    this.readMarks.mark(conversation.id, seq);
  }

  private typing(conversationId: ConversationId): void {
    const nowMs = this.runtime.nowMs();
    if (nowMs - (this.typedMs.get(conversationId) ?? 0) < typingIntervalMs) return;
    this.typedMs.set(conversationId, nowMs);
    this.connection.tell({ type: 'typing', conversationId });
  }

  private update(data: ConversationData): Conversation {
    const beforeJoining = (data.membership?.joinedSeq ?? data.headSeq + 1) - 1;
    const conversation = this.conversations.put(data, this.hadConversations ? beforeJoining : data.headSeq);
    this.changed(conversation);
    return conversation;
  }

  private learn(data: ConversationData): Conversation {
    const conversation = this.update(data);
    this.catchUp.bringUp(conversation).catch(this.reportFailure);
    return conversation;
  }

  private async forget(conversationId: ConversationId): Promise<void> {
    const conversation = this.conversations.delete(conversationId);
    if (!conversation) return;
    this.events.emit('conversation', { conversation, removed: true });
    await this.store.deleteConversation(conversationId);
  }

  private keep(conversation: Conversation, entries: readonly Entry[]): void {
    this.store.putEntries(conversation.id, entries).catch(this.reportFailure);
  }

  private changed(conversation: Conversation): void {
    this.events.emit('conversation', { conversation, removed: false });
    const stored = { conversation: conversation.data, position: conversation.sequencer.position };
    this.store.putConversation(stored).catch(this.reportFailure);
  }
}
