import type { Account, InputOf, OperationId, ResponseOf, ServerFrame, ServerFrameOf } from '@parley/protocol';
import type { ClientEvents } from './client-events.ts';
import { type ClientOptions, type ClientParts, createParts } from './client-parts.ts';
import type { ConnectionState } from './connection.ts';
import { Conversations } from './conversations.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { People } from './people.ts';
import { untilLive } from './until-live.ts';
import type { Watch } from './watches.ts';

/** A client of one Parley server, for one account. */
export class ParleyClient {
  readonly conversations: Conversations;
  /** The names of people. */
  readonly people: People;
  private readonly parts: ClientParts;

  constructor(options: ClientOptions) {
    const parts = createParts(options, {
      hello: () => this.hello(),
      state: (state) => this.stateChanged(state),
      welcome: (frame, live) => this.welcomed(frame, live),
      frame: (frame) => this.received(frame),
      forgetHere: () => this.forgetHere(),
    });
    const { api, catchUp, people, records, runtime } = parts;
    this.parts = parts;
    this.conversations = new Conversations(records, api, runtime, (data) => catchUp.learn(data).conversation);
    this.people = new People(people);
  }

  /** The account that is logged in. */
  get account(): Account | null {
    return this.parts.identity.account;
  }

  /** The account whose session was lost when the server was restored, until somebody logs in. */
  get lostAccount(): Account | null {
    return this.parts.identity.lost;
  }

  /**
   * Whether {@link resume} could not read the store, which may have a session. When the event `storage` reports that the
   * store works again, call it again.
   */
  get isAccountUnknown(): boolean {
    return this.parts.identity.isUnknown;
  }

  /**
   * The messages of all conversations that are waiting to be sent or failed. When the user leaves a conversation or is
   * removed, its messages fail and are only here, until they are discarded.
   */
  get unsent(): OutgoingMessage[] {
    return this.parts.outbox.list();
  }

  get state(): ConnectionState {
    return this.parts.connection.state;
  }

  /**
   * The server's time, to compare the times of entries with. The time of this machine until the server sent its own.
   */
  get serverNowMs(): number {
    return this.parts.serverClock.nowMs();
  }

  /**
   * The names of the features that the server has beyond the first version. Before the first connection, those that an
   * earlier run stored.
   */
  get serverFeatures(): readonly string[] {
    return this.parts.connection.serverFeatures;
  }

  /** The time until the next attempt to connect, independent of this machine's wall clock; null unless `waiting`. */
  get retryInMs(): number | null {
    return this.parts.connection.retryInMs;
  }

  /** Calls `handler` for each event of this name. The returned function removes the handler. */
  on<Name extends keyof ClientEvents>(name: Name, handler: (event: ClientEvents[Name]) => void): () => void {
    return this.parts.events.on(name, handler);
  }

  /** Calls an operation of the HTTP API. Throws {@link ParleyError} or {@link Disconnected}. */
  call<Id extends OperationId>(id: Id, input: InputOf<Id>): Promise<ResponseOf<Id>> {
    return this.parts.api.call(id, input);
  }

  /** Creates an account and logs in. */
  signup(input: InputOf<'signup'>): Promise<Account> {
    return this.parts.session.signup(input);
  }

  login(input: InputOf<'login'>): Promise<Account> {
    return this.parts.session.login(input);
  }

  /** Loads what an earlier run stored. Resolves with null if the store has no session or cannot be read. */
  resume(): Promise<Account | null> {
    return this.parts.session.resume();
  }

  /** Connects, and reconnects until {@link close} is called. The event `state` reports the progress. */
  connect(): void {
    this.parts.connection.open();
  }

  /** Resolves when everything that was missed has been fetched. Rejects when the client stops reconnecting. */
  live(): Promise<void> {
    return untilLive(this);
  }

  close(): void {
    this.parts.connection.close();
  }

  /** Deletes all data of the session, and ends it on the server: at once, or when the server is back within an hour. */
  logout(): Promise<void> {
    this.close();
    return this.parts.session.logout();
  }

  /** Finds people by the start of their username or of a word of their display name. */
  searchUsers(query: InputOf<'userSearch'>): Promise<ResponseOf<'userSearch'>> {
    return this.call('userSearch', query);
  }

  /** Subscribes to `presence` and `typing` of what is in view. The returned function ends the subscription. */
  watch(watch: Watch): () => void {
    return this.parts.watches.add(watch);
  }

  /** Sends messages that other clients of the same account left in the store. Also done after each connect. */
  takeOverOutbox(): Promise<void> {
    return this.parts.session.takeOverOutbox();
  }

  private hello() {
    const { api, catchUp } = this.parts;
    const { token } = api;
    catchUp.connecting();
    return token !== null && { token, resume: catchUp.hadConversations };
  }

  private forgetHere(): void {
    const { records, outbox, amendments, readMarks, people } = this.parts;
    this.close();
    for (const part of [records, outbox, amendments, readMarks, people]) part.clear();
  }

  private stateChanged(state: ConnectionState): void {
    const { outbox, amendments, readMarks, people, watches, events, session, reportFailure } = this.parts;
    const isLive = state.name === 'live';
    if (isLive || state.name === 'catching-up') outbox.resume(isLive);
    else outbox.pause();
    // Only the catch-up shows whether the server was restored and the numbers still mean the same entries.
    if (isLive) {
      amendments.resume();
      readMarks.resume();
    } else {
      amendments.pause();
      readMarks.pause(state.name === 'waiting');
    }
    if (state.name === 'catching-up') {
      session.keepFeatures();
      people.disconnected();
      watches.resume();
      this.takeOverOutbox().catch(reportFailure);
    }
    events.emit('state', state);
    if (state.name === 'stopped') session.stopped(state.code).catch(reportFailure);
  }

  private welcomed(frame: ServerFrameOf<'welcome'>, live: () => void): void {
    const { session, serverClock, catchUp, connection, reportFailure } = this.parts;
    session.welcomed(frame.account);
    serverClock.set(frame.serverTimeMs);
    const { state } = this;
    const isCurrent = () => this.state === state;
    catchUp.run(frame, isCurrent).then(live, (error: unknown) => {
      reportFailure(error);
      // The client cannot continue without what it missed: a new connection tries again.
      if (isCurrent()) connection.restart();
    });
  }

  private received(frame: ServerFrame): void {
    const { amending, catchUp, events, intake, people, reportFailure, serverClock, session, updater } = this.parts;
    switch (frame.type) {
      case 'entry':
        if (intake.take(frame.entry) && this.state.name === 'live') updater.order.entryMade(frame.entry.atMs);
        return;
      case 'amended':
        if (!intake.whenFetched(frame.conversationId, () => this.received(frame))) amending.take(frame);
        return;
      case 'conversation':
        if (frame.conversation) catchUp.learn(frame.conversation);
        else updater.forget(frame.conversationId).catch(reportFailure);
        return;
      case 'read':
        if (!intake.whenFetched(frame.conversationId, () => this.received(frame))) updater.receivedRead(frame);
        return;
      case 'presence':
        events.emit('presence', frame);
        return;
      case 'user':
        people.renamed(frame.userId, frame.displayName);
        return;
      case 'typing':
        events.emit('typing', frame);
        return;
      case 'pong':
        if (frame.serverTimeMs !== undefined) serverClock.set(frame.serverTimeMs);
        if (!frame.features) return;
        session.keepFeatures();
        events.emit('state', this.state);
    }
  }
}
