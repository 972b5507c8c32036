import { beforeEach, describe, expect, test } from 'bun:test';
import { type Conversation, MemoryStore, type ParleyClient, type StoredMessage } from '../../src/index.ts';
import { roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

/** A store that can delay reading the outbox and reject deleting from it. */
class SlowStore extends MemoryStore {
  isFull = false;
  /** If set, reading the outbox waits for it. */
  waits: Promise<void> | null = null;

  override async outbox(): Promise<StoredMessage[]> {
    const found = await super.outbox();
    await this.waits;
    return found;
  }

  override deleteOutbox(clientMessageId: string): Promise<void> {
    return this.isFull ? Promise.reject(new Error('full')) : super.deleteOutbox(clientMessageId);
  }
}

let api: FakeApi;
let store: SlowStore;
let client: ParleyClient;
let room: Conversation;
beforeEach(async () => {
  api = new FakeApi();
  api.write(roomId, 1);
  store = new SlowStore();
  client = await api.client(store);
  client.connect();
  await api.accept();
  room = client.conversations.get(roomId) as Conversation;
});

async function reconnect(): Promise<void> {
  await api.runtime.pass(60_000);
  await api.accept();
}

const sent = () => api.runtime.sockets.flatMap((socket) => socket.of('send').map(({ text }) => text));

describe('while the client reads the stored outbox after a reconnect', () => {
  let read: () => void;
  beforeEach(async () => {
    api.runtime.socket.end(1006);
    store.waits = new Promise((resolve) => {
      read = resolve;
    });
  });

  test('a message that is discarded is not sent', async () => {
    room.send('one');
    const message = room.send('two');
    await idle();
    await reconnect();
    await message.discard();
    read();
    await idle();
    expect([room.outbox.map(({ text }) => text), sent()]).toEqual([['one'], ['one']]);
  });

  test('a message that is acknowledged is not sent again', async () => {
    room.send('one');
    await idle();
    await reconnect();
    const { id, clientMessageId } = api.runtime.socket.of('send')[0] as { id: string; clientMessageId: string };
    const receipt = { conversationId: roomId, seq: 2, messageCount: 2, atMs: 2 };
    api.runtime.socket.say({ type: 'ack', id, clientMessageId, ...receipt });
    await idle();
    read();
    await idle();
    expect([room.outbox, sent()]).toEqual([[], ['one']]);
  });

  test('nothing is loaded for a session that ends', async () => {
    room.send('one');
    await idle();
    await reconnect();
    api.intervene = () => new Response(null, { status: 204 });
    await client.logout();
    read();
    await idle();
    expect(room.outbox).toEqual([]);
  });
});

test('a discarded message is not sent after a reconnect while its deletion is not yet stored', async () => {
  api.runtime.socket.end(1006);
  const message = room.send('discarded');
  await idle();
  store.isFull = true;
  await message.discard();
  await reconnect();
  await idle();
  expect(await store.outbox()).toHaveLength(1);
  expect([room.outbox, sent()]).toEqual([[], []]);
});

test('messages that were waiting at log-out are not sent while the store is not yet cleared', async () => {
  api.runtime.socket.end(1006);
  room.send('of the session before');
  await idle();
  const clear = store.clear.bind(store);
  store.clear = () => Promise.reject(new Error('full'));
  const account = client.account;
  const session = { id: '0190a0b0-0000-7000-8000-000000000009', device: null, createdAtMs: 1, lastUsedAtMs: 1 };
  api.intervene = (url) => {
    if (url.pathname === '/v1/logout') return new Response(null, { status: 204 });
    if (url.pathname !== '/v1/login') return undefined;
    return Response.json({ token: 'next', session: { ...session, current: true }, account });
  };
  await client.logout();
  await client.login({ username: 'ana', password: 'a password' });
  client.connect();
  await api.accept();
  await idle();
  expect(sent()).toEqual([]);
  store.clear = clear;
});
