import { expect, test } from 'bun:test';
import { MemoryStore, type OutgoingMessage, ParleyClient, StoreUnavailable } from '../../src/index.ts';
import { ana, benId, messages, roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { FaultyStore } from '../support/faulty-store.ts';
import { idle } from '../support/idle.ts';

const session = { id: benId, device: null, createdAtMs: 1, lastUsedAtMs: 1, current: true };
const minuteMs = 60_000;

/** A live client on a store, and the events that it emitted. */
async function liveClient(store = new FaultyStore()) {
  const api = new FakeApi();
  api.write(roomId);
  const client = await api.client(store);
  const errors: unknown[] = [];
  const available: boolean[] = [];
  client.on('error', (error) => errors.push(error));
  client.on('storage', (storage) => available.push(storage.available));
  client.connect();
  await api.accept();
  const room = client.conversations.get(roomId);
  if (!room) throw new Error('the room is not there');
  return { api, client, store, room, errors, available, runtime: api.runtime };
}

/** Acknowledges the last sent message. */
async function ack(api: FakeApi, seq: number): Promise<void> {
  const sent = api.runtime.socket.of('send').at(-1);
  const { id, clientMessageId } = sent as { id: string; clientMessageId: string };
  const receipt = { conversationId: roomId, seq, messageCount: seq, atMs: seq };
  api.runtime.socket.say({ type: 'ack', id, clientMessageId, ...receipt });
  await idle();
}

/** Waits until the client has noticed the fault: a store that hangs fails after a timeout. */
async function waitOut(api: FakeApi, fault: FaultyStore['fault']): Promise<void> {
  await idle();
  if (fault === 'hangs') {
    await api.runtime.pass(5_000);
    api.runtime.socket.say({ type: 'pong' });
  }
  await idle();
}

for (const fault of ['rejects', 'throws', 'hangs'] as const) {
  test(`a message is sent once and removed from the outbox while the store ${fault}`, async () => {
    const { api, store, room, runtime, errors, available } = await liveClient();
    store.fault = fault;
    const statuses: string[] = [];
    const message: OutgoingMessage = room.send('text');
    await waitOut(api, fault);
    statuses.push(message.status);
    await message.kept();
    await ack(api, 2);
    statuses.push(message.status);
    expect(statuses).toEqual(['sending', 'sent']);
    expect(await message.sent()).toMatchObject({ seq: 2 });
    expect(room.outbox).toEqual([]);
    const next = room.send('next');
    await idle();
    expect(next.status).toBe('sending');
    await ack(api, 3);
    expect(runtime.socket.of('send').map(({ text }) => text)).toEqual(['text', 'next']);
    expect(available).toEqual([false]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(StoreUnavailable);
  });

  test(`a sent message is removed from a store that ${fault} when the store works again`, async () => {
    const { api, store, room, runtime, available } = await liveClient();
    runtime.socket.end(1006);
    const message = room.send('text');
    await idle();
    expect(await store.outbox()).toHaveLength(1);
    store.fault = fault;
    await runtime.pass(minuteMs);
    await api.accept();
    await ack(api, 2);
    await waitOut(api, fault);
    expect(message.status).toBe('sent');
    store.fault = 'none';
    await runtime.pass(3 * minuteMs);
    expect(await store.outbox()).toEqual([]);
    expect(available).toEqual([false, true]);
  });

  test(`messages written while the store ${fault} are in the store after it works again`, async () => {
    const { api, client, store, room, runtime } = await liveClient();
    runtime.socket.end(1006);
    store.fault = fault;
    room.send('one');
    room.send('two');
    await waitOut(api, fault);
    store.fault = 'none';
    await runtime.pass(3 * minuteMs);
    client.close();
    const again = await api.client(store);
    expect(again.conversations.get(roomId)?.outbox.map(({ text }) => text)).toEqual(['one', 'two']);
  });

  test(`entries are shown and can be read without a connection while the store ${fault}`, async () => {
    const { api, client, store, room, runtime } = await liveClient();
    store.fault = fault;
    const shown: number[] = [];
    client.on('entry', ({ seq }) => shown.push(seq));
    for (const entry of messages(2, 4)) runtime.socket.say({ type: 'entry', entry });
    await waitOut(api, fault);
    expect(shown).toEqual([2, 3, 4]);
    room.markRead(4);
    runtime.socket.end(1006);
    expect((await room.history()).entries.map(({ seq }) => seq)).toEqual([2, 3, 4]);
    expect(client.state.name).toBe('waiting');
  });

  test(`a user can log in and out if the store ${fault} from the beginning`, async () => {
    const api = new FakeApi();
    const store = new FaultyStore();
    store.fault = fault;
    const client = new ParleyClient({ url: 'https://chat.example', store, runtime: api.runtime });
    const patience = async <Value>(result: Promise<Value>) => {
      for (let step = 0; step < 10; step++) {
        await idle();
        if (fault === 'hangs') await api.runtime.pass(20_000);
      }
      return result;
    };
    expect(await patience(client.resume())).toBeNull();
    api.intervene = (url) =>
      url.pathname === '/v1/login' ? Response.json({ token: 'secret', session, account: ana }) : undefined;
    expect(await patience(client.login({ username: 'ana', password: 'a password' }))).toEqual(ana);
    client.connect();
    await api.accept();
    expect(client.state.name).toBe('live');
    api.intervene = () => new Response(null, { status: 204 });
    await patience(client.logout());
    expect(client.account).toBeNull();
    store.fault = 'none';
    await api.runtime.pass(5 * minuteMs);
    expect(await store.session()).toBeNull();
  });
}

test('a store that failed during a log-out is cleared when it works again', async () => {
  const { api, client, store, room, runtime } = await liveClient();
  runtime.socket.end(1006);
  room.send('unsent');
  await idle();
  store.fault = 'rejects';
  api.intervene = () => new Response(null, { status: 204 });
  await client.logout();
  store.fault = 'none';
  await runtime.pass(3 * minuteMs);
  expect(await store.session()).toBeNull();
  expect([await store.outbox(), await store.conversations()]).toEqual([[], []]);
});

test('a store that lost its data gets session, conversations and unsent messages again', async () => {
  const { api, client, store, room, runtime } = await liveClient();
  runtime.socket.end(1006);
  room.send('unsent');
  await idle();
  await store.lose();
  await idle();
  expect(await store.session()).toMatchObject({ token: 'secret', catchUp: 'done' });
  expect((await store.conversations()).map(({ position }) => position)).toEqual([1]);
  client.close();
  const again = await api.client(store);
  expect(again.account).toEqual(ana);
  expect(again.conversations.get(roomId)?.outbox.map(({ text }) => text)).toEqual(['unsent']);
});

test('unsent messages in a store that lost its session are not sent after another account logs in', async () => {
  const { api, client, store, room, runtime } = await liveClient();
  runtime.socket.end(1006);
  room.send('by ana');
  await idle();
  client.close();
  await store.setSession(null);
  const next = new ParleyClient({ url: 'https://chat.example', store, runtime });
  await next.resume();
  const ben = { ...ana, id: benId, username: 'ben' };
  api.intervene = (url) =>
    url.pathname === '/v1/login' ? Response.json({ token: 'bens', session, account: ben }) : undefined;
  await next.login({ username: 'ben', password: 'a password' });
  next.connect();
  await api.accept();
  expect(runtime.socket.of('send')).toEqual([]);
  expect(await store.outbox()).toEqual([]);
});

test('another account that logs in while the store fails gets no data of the previous one', async () => {
  const { api, client, store, room, runtime } = await liveClient();
  runtime.socket.end(1006);
  store.fault = 'rejects';
  room.send('by ana');
  await idle();
  client.close();
  const ben = { ...ana, id: benId, username: 'ben' };
  api.intervene = (url) =>
    url.pathname === '/v1/login' ? Response.json({ token: 'bens', session, account: ben }) : undefined;
  await client.login({ username: 'ben', password: 'a password' });
  expect(client.conversations.list()).toEqual([]);
  store.fault = 'none';
  await runtime.pass(3 * minuteMs);
  expect(await store.session()).toMatchObject({ token: 'bens' });
  expect([await store.outbox(), await store.conversations()]).toEqual([[], []]);
});

test('waiting messages stay in a store that could not be read when the same account logged in', async () => {
  const store = new FaultyStore();
  const waiting = {
    clientMessageId: 'one',
    conversationId: roomId,
    text: 'text',
    order: 1,
    createdAtMs: 1,
    failure: null,
  };
  await store.setSession({ token: 'secret', account: ana });
  await store.putOutbox(waiting);
  store.fault = 'rejects';
  const api = new FakeApi();
  const client = new ParleyClient({ url: 'https://chat.example', store, runtime: api.runtime });
  expect(await client.resume()).toBeNull();
  api.intervene = (url) =>
    url.pathname === '/v1/login' ? Response.json({ token: 'next', session, account: ana }) : undefined;
  await client.login({ username: 'ana', password: 'a password' });
  store.fault = 'none';
  await api.runtime.pass(3 * minuteMs);
  expect(await store.session()).toMatchObject({ token: 'next' });
  expect(await store.outbox()).toEqual([waiting]);
});

test('a store that keeps failing is retried with growing delays and reported once', async () => {
  const { store, room, runtime, errors } = await liveClient();
  let asked = 0;
  store.session = () => {
    asked++;
    return Promise.reject(new Error('still away'));
  };
  store.fault = 'rejects';
  room.send('text');
  await idle();
  for (let minute = 0; minute < 60; minute++) {
    await runtime.pass(minuteMs);
    room.send(`text ${minute}`);
  }
  expect(asked).toBeGreaterThan(10);
  expect(asked).toBeLessThan(60);
  expect(errors.filter((error) => error instanceof StoreUnavailable)).toHaveLength(1);
});

test('a store without onNotice works', async () => {
  const client = new ParleyClient({ url: 'https://chat.example', store: new MemoryStore() });
  expect(await client.resume()).toBeNull();
});
