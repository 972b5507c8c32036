import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { type Account, knownTerms } from '@parley/protocol';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import {
  type Conversation,
  type Entry,
  IndexedDatabase,
  IndexedDbStore,
  MemoryStore,
  ParleyClient,
  type Store,
  type StoredMessage,
} from '../src/index.ts';
import { ana, benId, conversation, message, otherRoomId, roomId } from './support/entries.ts';
import { FakeApi } from './support/fake-api.ts';
import { FakeRuntime } from './support/fake-runtime.ts';
import { idle } from './support/idle.ts';
import { collect, until } from './support/until.ts';

/** Data of another version of the client, which the types of this one do not allow. */
const ofAnotherVersion = <Known>(fields: object) => fields as Known;
const poll = ofAnotherVersion<Entry>({ ...message(2), kind: 'poll', text: undefined, question: 'Tea?' });
const original = { ...message(2), quotes: 1 };
const later: Entry = {
  kind: 'later',
  conversationId: roomId,
  seq: 2,
  messageCount: 2,
  atMs: 2,
  senderId: original.senderId,
};

// A global in browsers.
const before = globalThis.IDBKeyRange;
beforeEach(() => {
  globalThis.IDBKeyRange = IDBKeyRange;
});
afterEach(() => {
  globalThis.IDBKeyRange = before;
});

for (const [name, makeStore] of Object.entries<() => Store>({
  'in memory': () => new MemoryStore(),
  'in IndexedDB': () => new IndexedDbStore('parley', new IDBFactory()),
})) {
  describe(`with a store ${name}`, () => {
    let api: FakeApi;
    let store: Store;
    beforeEach(() => {
      api = new FakeApi(1);
      store = makeStore();
    });

    /** The conversation of a client with this store, without a connection. */
    async function stored(): Promise<Conversation> {
      await store.putConversation({ conversation: conversation(3), position: 3 });
      const client = await api.client(store);
      const found = client.conversations.get(roomId);
      if (!found) throw new Error('the conversation is not there');
      return found;
    }

    async function lives(): Promise<void> {
      const client = await api.client(store);
      client.connect();
      await api.accept();
      await client.live();
      await (client.conversations.get(roomId) as Conversation).history({ limit: 50 });
      client.close();
    }

    test('an entry that an earlier version did not know is returned in full without a request', async () => {
      await store.putEntries(roomId, [message(1), { ...later, original }, message(3)]);
      const { entries } = await (await stored()).history();
      expect(entries).toEqual([message(1), ofAnotherVersion<Entry>(original), message(3)]);
      expect(api.asked).toEqual([]);
    });

    test('an entry whose original an earlier version did not store is a gap and is fetched', async () => {
      api.write(roomId, 3);
      await store.putEntries(roomId, [message(1), later, message(3)]);
      const room = await stored();
      expect((await room.history()).entries).toEqual([message(1), message(3)]);
      await lives();
      expect(await store.entries(roomId, { limit: 5 })).toEqual([message(1), message(2), message(3)]);
    });

    test('a full page with an entry that cannot be parsed has no gap before its first entry', async () => {
      await store.putEntries(roomId, [message(1), later, message(3)]);
      const { entries, gaps } = await (await stored()).history({ limit: 2 });
      expect([entries, gaps]).toEqual([[message(3)], [{ fromSeq: 2, toSeq: 2 }]]);
    });

    test('an entry that a newer version stored is returned as a later entry and stays unchanged in the store', async () => {
      const stays = ofAnotherVersion<Entry>({ ...message(3), quotes: 1 });
      await store.putEntries(roomId, [message(1), poll, stays]);
      const { entries } = await (await stored()).history();
      expect(entries).toEqual([message(1), { ...later, original: poll }, stays]);
      expect((await store.entries(roomId, { limit: 5 }))[1]).toEqual(poll);
    });

    test('a conversation that a newer version stored is read with fallbacks', async () => {
      const membership = { role: 'moderator', joinedSeq: 1, visibleFromSeq: 1, readSeq: 0 };
      const sent = { ...conversation(3, { id: otherRoomId }), kind: 'forum', membership };
      await store.putConversation({ conversation: ofAnotherVersion(sent), position: 3 });
      const client = await api.client(store);
      const known = client.conversations.get(otherRoomId)?.data;
      expect([known?.kind, known?.membership?.role]).toEqual(['group', 'member']);
    });

    test('a conversation of a newer version is read with fallbacks also after this version wrote the session', async () => {
      await store.setSession({ token: 'secret', account: ana, catchUp: 'interrupted', terms: knownTerms });
      await store.putConversation({
        conversation: ofAnotherVersion({ ...conversation(3), kind: 'forum' }),
        position: 3,
      });
      expect((await api.client(store)).conversations.get(roomId)?.data.kind).toBe('group');
    });

    test('all conversations are read again once after another version wrote the store', async () => {
      for (const id of [roomId, otherRoomId]) api.write(id);
      await lives();
      const isPage = (path: string) => path.startsWith('/v1/homepage');
      await lives();
      expect(api.asked.filter(isPage)).toHaveLength(1);
      await store.setSession(ofAnotherVersion({ ...(await store.session()), terms: 'of another version' }));
      await lives();
      expect(api.asked.filter(isPage)).toHaveLength(2);
      await lives();
      expect(api.asked.filter(isPage)).toHaveLength(2);
    });

    test('a waiting message keeps the fields that a newer version stored', async () => {
      const waiting = { clientMessageId: 'one', conversationId: roomId, text: 'text', order: 1, createdAtMs: 1 };
      await store.putOutbox(
        ofAnotherVersion<StoredMessage>({
          ...waiting,
          failure: { code: 'gone', message: 'x' },
          quotes: 1,
          receipt: 'r',
        }),
      );
      const room = await stored();
      expect(room.outbox[0]?.receipt).toBeNull();
      room.outbox[0]?.retry();
      await room.outbox[0]?.kept();
      const kept = { ...waiting, failure: null, quotes: 1, receipt: 'r' };
      expect(await store.outbox()).toEqual([ofAnotherVersion<StoredMessage>(kept)]);
    });
  });
}

describe('while another page blocks the upgrade', () => {
  let factory: IDBFactory;
  let blocker: IDBDatabase;
  beforeEach(async () => {
    factory = new IDBFactory();
    const store = new IndexedDbStore('parley', factory);
    await store.setSession({ token: 'secret', account: ana });
    await store.putConversation({ conversation: conversation(3), position: 3 });
    await store.putOutbox({
      ...{ clientMessageId: 'one', conversationId: roomId, text: 'waits', order: 1, createdAtMs: 1, failure: null },
    });
    // An open database of an earlier version that does not close it on request.
    blocker = await new Promise<IDBDatabase>((resolve) => {
      const request = factory.open('parley');
      request.onsuccess = () => resolve(request.result);
    });
  });

  /** A client of a version with one more step. */
  function laterClient(runtime: FakeRuntime) {
    const database = new IndexedDatabase('parley', [() => undefined, () => undefined, () => undefined], factory);
    const store = new IndexedDbStore('parley', factory);
    Object.assign(store, { database });
    const client = new ParleyClient({ url: 'https://chat.example', store, runtime });
    return { client, notices: collect(client, 'otherVersion'), storage: collect(client, 'storage') };
  }

  test('the client reports it and waits, then has the session and the unsent messages', async () => {
    const runtime = new FakeRuntime();
    const { client, notices, storage } = laterClient(runtime);
    let account: Account | null | undefined;
    const resumed = client.resume().then((found) => {
      account = found;
    });
    await until(client, () => notices.length === 1);
    await runtime.pass(10 * 60_000);
    expect([account, notices, storage]).toEqual([undefined, [{ notice: 'blocked' }], []]);
    blocker.close();
    await resumed;
    expect(account?.id).toBe(ana.id);
    expect(client.conversations.get(roomId)?.outbox.map(({ text }) => text)).toEqual(['waits']);
    expect(notices).toEqual([{ notice: 'blocked' }, { notice: 'opened' }]);
  });
});

/** A live client on a store in which another client has left a message since. */
async function liveClientWithLeftMessage() {
  const api = new FakeApi();
  api.write(roomId, 1);
  const store = new MemoryStore();
  const client = await api.client(store);
  client.connect();
  await api.accept();
  await client.live();
  const left = { conversationId: roomId, text: 'left', createdAtMs: 1, failure: null };
  await store.putOutbox({ ...left, clientMessageId: 'left', order: 1 });
  return { api, client };
}

test('messages that another client of the account left in the store are sent after the next connect', async () => {
  const { api, client } = await liveClientWithLeftMessage();
  api.runtime.socket.end(4000);
  await api.runtime.pass(0);
  await api.accept();
  const sent = await until(client, () => api.runtime.socket.of('send')[0]);
  expect(sent).toMatchObject({ clientMessageId: 'left', text: 'left' });
  expect(client.conversations.get(roomId)?.outbox.map(({ text }) => text)).toEqual(['left']);
});

test('takeOverOutbox sends messages that another client left at once', async () => {
  const { api, client } = await liveClientWithLeftMessage();
  await client.takeOverOutbox();
  expect(api.runtime.socket.of('send').map(({ text }) => text)).toEqual(['left']);
});

test('messages of another account in the store are not sent', async () => {
  const api = new FakeApi();
  api.write(roomId, 1);
  const store = new MemoryStore();
  const client = await api.client(store);
  await store.setSession({ token: 'other', account: { ...ana, id: benId } });
  const left = { conversationId: roomId, text: 'left', createdAtMs: 1, failure: null };
  await store.putOutbox({ ...left, clientMessageId: 'left', order: 1 });
  client.connect();
  await api.accept();
  await client.live();
  await idle();
  expect(client.conversations.get(roomId)?.outbox).toEqual([]);
});
