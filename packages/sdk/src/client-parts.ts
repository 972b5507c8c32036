import type { Conversation as ConversationData, HistoryPage } from '@parley/protocol';
import { AmendmentIntake } from './amendment-intake.ts';
import { AmendmentOutbox } from './amendment-outbox.ts';
import { CatchUp } from './catch-up.ts';
import type { ClientEvents } from './client-events.ts';
import { Connection, type ConnectionEvents, type Hello } from './connection.ts';
import type { ConversationRecord } from './conversation.ts';
import { ConversationRecords } from './conversation-records.ts';
import { ConversationUpdater } from './conversation-updater.ts';
import { EntryIntake } from './entry-intake.ts';
import { Events } from './events.ts';
import { markUnreadFeature } from './features.ts';
import type { HttpApi } from './http.ts';
import { Identity } from './identity.ts';
import { Interception } from './interception.ts';
import { MissedRanges } from './missed-ranges.ts';
import { Outbox } from './outbox.ts';
import { PeopleDirectory, type Person } from './people-directory.ts';
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
import { Watches } from './watches.ts';

export interface ClientOptions {
  /** The server's address without a path: `https://chat.example.org`. */
  url: string;
  /** Keeps session, conversations, entries and outbox. Default: in memory. */
  store?: Store;
  /** For platforms without a WebSocket (Node 20), for example that of the package `ws`. */
  webSocket?: ClientSocketConstructor;
  /** Time, randomness and network, for tests. */
  runtime?: Runtime;
}

/** What the client does for its parts. */
interface Handlers extends Pick<ConnectionEvents, 'state' | 'welcome' | 'frame'> {
  /** The content of the first frame; false if nobody is logged in. */
  hello(): Hello | false;
  /** Closes the connection and deletes what is in memory only. */
  forgetHere(): void;
}

export type ClientParts = ReturnType<typeof createParts>;

/** Creates the parts of a client and connects them. */
export function createParts(options: ClientOptions, handlers: Handlers) {
  const events = new Events<ClientEvents>();
  const reportFailure = (error: unknown) => events.emit('error', error);
  const runtime = options.runtime ?? defaultRuntime(options.webSocket);
  const store = new SteadyStore(options.store ?? new MemoryStore(), runtime, (failure) => {
    events.emit('storage', { available: failure === null });
    if (failure) reportFailure(failure);
  });
  const { api } = new Interception(options.url.replace(/\/+$/, ''), runtime, events);
  const connection = new Connection(api.url, handlers.hello, runtime, { ...handlers, error: reportFailure });
  const serverClock = new ServerClock(runtime, (nowMs) => conversations.updater.order.serverTime(nowMs));
  const identity = new Identity();
  const timed = serverClock.inPlaceOf(runtime);
  const outbox = new Outbox(
    store,
    (message) => connection.send(message),
    timed,
    (message) => {
      amendments.messageChanged(message);
      events.emit('outbox', message);
    },
    reportFailure,
  );
  const amendments = new AmendmentOutbox({
    ...{ store, runtime: timed, identity, reportFailure },
    transmit: (amendment) => connection.amend(amendment),
    messageOf: (clientMessageId) => outbox.get(clientMessageId),
    hide: (message) => outbox.hide(message),
    acknowledged: ({ conversationId, seq, change }, revision) => {
      if (change.kind === 'react') conversations.amending.reacted(conversationId, { seq, ...change }, revision);
    },
    show(conversationId, messages, failure) {
      const conversation = conversations.records.get(conversationId)?.conversation;
      if (conversation) events.emit('amended', { conversation, messages, reread: false, failure });
      else if (failure) reportFailure(failure);
    },
  });
  const named = (changed: readonly Person[]) => {
    conversations.session.named(changed);
    conversations.updater.named(changed);
  };
  const people = new PeopleDirectory(api, named, reportFailure);
  const watches = new Watches(connection, runtime, (userIds) => people.watched(userIds), reportFailure);
  const readMarks = new ReadMarks({
    ...{ connection, runtime, reportFailure },
    saveSession: () => conversations.session.save(),
    readVersion: (conversationId) =>
      connection.serverFeatures.includes(markUnreadFeature)
        ? conversations.records.get(conversationId)?.readPoint.version
        : undefined,
    async readAgain(conversationId) {
      conversations.refresh(await api.call('getConversation', { conversationId }), false);
    },
  });
  const unsent = { outbox, amendments };
  const base = { api, store, events, identity, runtime, connection, ...unsent, people, readMarks, reportFailure };
  const conversations = createConversationParts(base, handlers.forgetHere);
  store.onNotice((notice) => {
    if (notice === 'lost') void conversations.session.keepAgain();
    else events.emit('otherVersion', { notice });
  });
  return { ...base, ...conversations, watches, serverClock };
}

/** The parts on which those for conversations are built. */
interface Base {
  readonly api: HttpApi;
  readonly store: SteadyStore;
  readonly events: Events<ClientEvents>;
  readonly identity: Identity;
  readonly runtime: Runtime;
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly amendments: AmendmentOutbox;
  readonly people: PeopleDirectory;
  readonly readMarks: ReadMarks;
  reportFailure(error: unknown): void;
}

function createConversationParts(base: Base, forgetHere: () => void) {
  const { connection, runtime } = base;
  const typing = new Typing(connection, runtime);
  const detectRestore = (record: ConversationRecord, page: HistoryPage, knownSeq: number) =>
    restoration.detect(record, page, knownSeq);
  // The user may have left while the data was requested.
  const refresh = (data: ConversationData, keepsReadPosition?: boolean) => {
    if (records.get(data.id)) catchUp.update(data, keepsReadPosition);
  };
  const records = new ConversationRecords({
    ...{ ...base, detectRestore },
    markRead: (record, seq) => updater.markRead(record, seq),
    markUnread: (record, seq) => updater.markUnread(record, seq),
    typing: (conversationId) => typing.tell(conversationId),
    refresh,
    forget: (conversationId) => updater.forget(conversationId),
  });
  const learn = (data: ConversationData) => catchUp.learn(data);
  const restart = () => {
    catchUp.interrupt();
    connection.restart();
  };
  const saveSession = () => session.save();
  const updater = new ConversationUpdater({ ...base, records });
  const missed = new MissedRanges(base);
  const intake = new EntryIntake({ ...base, records, updater, missed, detectRestore, restart, learn });
  const amending = new AmendmentIntake({ ...base, records, updater, intake });
  const readRevision = new ReadRevision({ ...base, updater, saveSession });
  const restoration = new Restoration({ ...base, records, updater, intake });
  const catchUp = new CatchUp({ ...base, records, updater, intake, amending, readRevision, restoration, saveSession });
  const session = new Session({ ...base, records, updater, catchUp, readRevision, forgetHere });
  return { records, refresh, updater, intake, amending, catchUp, session };
}
