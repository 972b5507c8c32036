import type {
  Account,
  Conversation as ConversationData,
  InputOf,
  OperationId,
  ResponseOf,
  ServerFrame,
  ServerFrameOf,
} from '@parley/protocol';
import { CatchUp } from './catch-up.ts';
import type { ClientCore, ClientEvents } from './client-core.ts';
import { Connection, type ConnectionState } from './connection.ts';
import { ConversationBook } from './conversation-book.ts';
import { Conversations } from './conversations.ts';
import { EntryIntake } from './entry-intake.ts';
import { Events } from './events.ts';
import type { HttpApi } from './http.ts';
import { Interception } from './interception.ts';
import { Outbox } from './outbox.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { People, type Person } from './people.ts';
import { ReadMarks } from './read-marks.ts';
import { ReadRevision } from './read-revision.ts';
import { Restoration } from './restoration.ts';
import { type ClientSocketConstructor, defaultRuntime, type Runtime } from './runtime.ts';
import { ServerClock } from './server-clock.ts';
import { Session } from './session.ts';
import { MemoryStore } from './store/memory-store.ts';
import { SteadyStore } from './store/steady-store.ts';
import type { Store } from './store/store.ts';
import { Typing } from './typing.ts';
import { untilLive } from './until-live.ts';
import { type Watch, Watches } from './watches.ts';

export interface ClientOptions {
  /** Of the server, without a path: `https://chat.example.org`. */
  url: string;
  /** Where session, conversations and outbox are kept; in memory unless given. */
  store?: Store;
  /** Where there is none of its own (Node 20): the one of the package `ws`, say. */
  webSocket?: ClientSocketConstructor;
  /** Time, randomness and network, for tests. */
  runtime?: Runtime;
}

/** A client of one Parley server, for one person. */
export class ParleyClient {
  readonly conversations: Conversations;
  /** How people are called. */
  readonly people: People;
  private readonly events = new Events<ClientEvents>();
  private readonly api: HttpApi;
  private readonly store: SteadyStore;
  private readonly runtime: Runtime;
  private readonly connection: Connection;
  private readonly outbox: Outbox;
  private readonly core: ClientCore;
  private readonly readMarks: ReadMarks;
  private readonly watches: Watches;
  private readonly book: ConversationBook;
  private readonly intake: EntryIntake;
  private readonly restoration: Restoration;
  private readonly catchUp: CatchUp;
  private readonly session: Session;
  private readonly typing: Typing;
  private readonly serverClock: ServerClock;

  /** Sends what other clients of this person left unsent on the store; done by itself after each connect. */
  readonly takeOverOutbox = (): Promise<void> => this.session.takeOverOutbox();
  private readonly reportFailure = (error: unknown) => this.events.emit('error', error);

  constructor(options: ClientOptions) {
    this.runtime = options.runtime ?? defaultRuntime(options.webSocket);
    this.store = new SteadyStore(options.store ?? new MemoryStore(), this.runtime, (failure) => {
      this.events.emit('storage', { available: failure === null });
      if (failure) this.events.emit('error', failure);
    });
    this.api = new Interception(options.url.replace(/\/+$/, ''), this.runtime, this.events).api;
    const { reportFailure } = this;
    this.serverClock = new ServerClock(this.runtime, (nowMs) => this.book.order.serverTime(nowMs));
    this.outbox = this.createOutbox();
    this.conversations = new Conversations(() => this.core);
    const named = (people: readonly Person[]) => {
      this.session.named(people);
      this.book.named(people);
    };
    this.people = new People(this.api, named, reportFailure);
    this.core = this.createCore();
    this.connection = new Connection(this.api.url, () => this.hello(), this.runtime, {
      state: (state) => this.stateChanged(state),
      welcome: (frame, live) => this.welcomed(frame, live),
      frame: (frame) => this.received(frame),
      error: reportFailure,
    });
    this.readMarks = new ReadMarks(this.connection, this.runtime, reportFailure);
    this.watches = new Watches(this.connection, (userIds) => this.people.watched(userIds), reportFailure);
    this.typing = new Typing(this.connection, this.runtime);
    this.book = new ConversationBook(this.core, this.readMarks);
    this.intake = new EntryIntake(this.core);
    const readRevision = new ReadRevision(this.core);
    this.restoration = new Restoration(this.core, this.book, this.intake);
    this.catchUp = new CatchUp(this.core, this.intake, readRevision, this.restoration);
    this.session = new Session(this.core, this.catchUp, readRevision, () => this.forgetHere());
    this.store.onNotice((notice) => {
      if (notice === 'lost') void this.session.keepAgain();
      else this.events.emit('otherVersion', { notice });
    });
  }

  /** Who is logged in. */
  get account(): Account | null {
    return this.session.account;
  }

  /** Whose session was lost with a restore of the server: what is kept here is theirs, until somebody logs in. */
  get lostAccount(): Account | null {
    return this.session.lost;
  }

  /** Where the connection is. */
  get state(): ConnectionState {
    return this.connection.state;
  }

  /** The server's time now; this machine's until the server told its own. What entries' times are compared with. */
  get serverNowMs(): number {
    return this.serverClock.nowMs();
  }

  /** What the server can do beyond the first version, by name, as the connection is told. */
  get serverFeatures(): readonly string[] {
    return this.connection.serverFeatures;
  }

  /** How long until it connects again by itself, whatever happens to this machine's clock; null unless `waiting`. */
  get retryInMs(): number | null {
    return this.connection.retryInMs;
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
  signup(input: InputOf<'signup'>): Promise<Account> {
    return this.session.signup(input);
  }

  login(input: InputOf<'login'>): Promise<Account> {
    return this.session.login(input);
  }

  /** Takes up what the store has of an earlier run. Null when nobody is logged in there. */
  resume(): Promise<Account | null> {
    return this.session.resume();
  }

  /** Connects, and stays connected until {@link close}. Watch `state` for how that goes. */
  connect(): void {
    this.connection.open();
  }

  /** Resolves when everything that was missed is here. Rejects when the connection stops for good. */
  live(): Promise<void> {
    return untilLive(this);
  }

  close(): void {
    this.connection.close();
  }

  /** Forgets everything of the session, and ends it: at once, or when the server can be reached within the next hour. */
  logout(): Promise<void> {
    this.close();
    return this.session.logout();
  }

  /** People by the start of their username or of a word of their display name. */
  searchUsers(query: InputOf<'userSearch'>): Promise<ResponseOf<'userSearch'>> {
    return this.api.call('userSearch', query);
  }

  /** What is in view, until it is undone: presence and online counts come as `presence`, typing as `typing`. */
  watch(watch: Watch): () => void {
    return this.watches.add(watch);
  }

  private createOutbox(): Outbox {
    const told = (message: OutgoingMessage) => this.events.emit('outbox', message);
    const timed = this.serverClock.inPlaceOf(this.runtime);
    return new Outbox(this.store, (message) => this.connection.send(message), timed, told, this.reportFailure);
  }

  private createCore(): ClientCore {
    const { api, store, outbox, events, runtime, conversations, people, reportFailure } = this;
    const account = () => this.account;
    const connected = () => this.connection.isConnected;
    const update = (data: ConversationData, keepsReading?: boolean) =>
      this.restoration.begunBy(data) ?? this.book.update(data, !this.catchUp.hadConversations, keepsReading);
    return {
      ...{ api, store, outbox, events, runtime, conversations, people, reportFailure },
      get account() {
        return account();
      },
      get isConnected() {
        return connected();
      },
      restart: () => {
        this.catchUp.interrupt();
        this.connection.restart();
      },
      saveSession: () => this.session.save(),
      markRead: (conversation, seq) => this.book.markRead(conversation, seq),
      readElsewhere: (conversationId, seq, messageCount) => this.book.readElsewhere(conversationId, seq, messageCount),
      typing: (conversationId) => this.typing.tell(conversationId),
      isOfAnotherHistory: (conversation, answer, shown) => this.restoration.isShownBy(conversation, answer, shown),
      update,
      learn: (data) => {
        const conversation = update(data);
        this.catchUp.bringUp(conversation).catch((error: unknown) => this.intake.failed(data.id, error));
        return conversation;
      },
      changed: (conversation) => this.book.changed(conversation),
      conversationsWritten: () => this.book.written(),
      forget: (conversationId) => this.book.forget(conversationId),
    };
  }

  private hello() {
    const { token } = this.api;
    this.catchUp.asked();
    return token !== null && { token, resume: this.catchUp.hadConversations };
  }

  private forgetHere(): void {
    this.close();
    this.conversations.clear();
    this.outbox.clear();
    this.readMarks.clear();
    this.people.clear();
  }

  private stateChanged(state: ConnectionState): void {
    if (state.name === 'catching-up' || state.name === 'live') this.outbox.resume();
    else this.outbox.pause();
    if (state.name === 'catching-up') {
      this.readMarks.resume();
      this.people.disconnected();
      this.watches.resume();
      this.takeOverOutbox().catch(this.reportFailure);
    }
    this.events.emit('state', state);
    if (state.name === 'stopped') this.session.stopped(state.code).catch(this.reportFailure);
  }

  private welcomed(frame: ServerFrameOf<'welcome'>, live: () => void): void {
    this.session.welcomed(frame.account);
    this.serverClock.set(frame.serverTimeMs);
    const { state } = this;
    const isCurrent = () => this.state === state;
    this.catchUp.run(frame, isCurrent).then(live, (error: unknown) => {
      this.events.emit('error', error);
      // Without what was missed nothing is right: a new connection tries again.
      if (isCurrent()) this.connection.restart();
    });
  }

  private received(frame: ServerFrame): void {
    switch (frame.type) {
      case 'entry':
        if (this.intake.take(frame.entry) && this.state.name === 'live') this.book.order.entryMade(frame.entry.atMs);
        return;
      case 'conversation':
        if (frame.conversation) this.core.learn(frame.conversation);
        else this.core.forget(frame.conversationId).catch(this.reportFailure);
        return;
      case 'read':
        this.book.takeRead(frame);
        return;
      case 'presence':
        this.events.emit('presence', frame);
        return;
      case 'user':
        this.people.renamed(frame.userId, frame.displayName);
        return;
      case 'typing':
        this.events.emit('typing', frame);
        return;
      case 'pong':
        if (frame.serverTimeMs !== undefined) this.serverClock.set(frame.serverTimeMs);
    }
  }
}
