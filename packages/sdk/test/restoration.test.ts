import { expect, test } from 'bun:test';
import { MemoryStore, ParleyClient } from '../src/index.ts';
import { ana, conversation, message, messages, roomId } from './support/entries.ts';
import { FakeRuntime } from './support/fake-runtime.ts';
import { welcome } from './support/frames.ts';
import { idle } from './support/idle.ts';
import { collect } from './support/until.ts';

/** A server with one conversation and a history that the test sets. */
class ServerWithOneRoom {
  readonly runtime = new FakeRuntime();
  entries = messages(1, 20);
  epoch: string | undefined = 'first';
  userEpoch: string | undefined = 'first';
  isCatchingUp = false;
  /** The number of requests for a page after the end. */
  asked = 0;

  constructor() {
    this.runtime.answer = (url) => this.answer(url);
  }

  get room() {
    const epoch = this.epoch === undefined ? {} : { epoch: this.epoch };
    return conversation(this.entries.length, { lastMessage: this.entries.at(-1) ?? null, ...epoch });
  }

  async accept(): Promise<void> {
    const socket = this.runtime.socket;
    socket.open();
    const epoch = this.userEpoch === undefined ? {} : { epoch: this.userEpoch };
    socket.say({ ...welcome([this.room]), ...epoch });
    await idle();
  }

  /** Closes the connection and accepts the next one. */
  async reconnect(): Promise<void> {
    this.runtime.socket.end(1006);
    await this.nextSocket();
    await this.accept();
  }

  /** Lets time pass until the client has opened another connection. */
  async nextSocket(): Promise<void> {
    await this.runtime.untilReopened();
  }

  private answer(url: URL): Response {
    if (url.pathname.endsWith('/history') && url.searchParams.has('after')) this.asked++;
    if (!url.pathname.endsWith('/history')) return Response.json(this.room);
    const headSeq = this.entries.length;
    const after = Number(url.searchParams.get('after') ?? 0);
    const page = {
      ...{ conversationId: roomId, entries: this.entries.slice(after), headSeq, visibleFromSeq: 1 },
      ...(this.epoch === undefined ? {} : { epoch: this.epoch }),
      ...(this.isCatchingUp && after > headSeq ? { catchingUp: true } : {}),
    };
    return Response.json(page);
  }
}

async function connected(server: ServerWithOneRoom): Promise<ParleyClient> {
  const store = new MemoryStore();
  await store.setSession({ token: 'secret', account: ana });
  const client = new ParleyClient({ url: 'https://chat.example', store, runtime: server.runtime });
  await client.resume();
  client.connect();
  await server.accept();
  expect(client.state.name).toBe('live');
  // The client stores the entries that it shows.
  for (let seq = 21; seq <= 30; seq++) {
    const entry = message(seq);
    server.entries = [...server.entries, entry];
    server.runtime.socket.say({ type: 'entry', entry });
  }
  await idle();
  return client;
}

const lostAndOther = (count: number) => messages(1, 25).concat(others(26, count));
const others = (fromSeq: number, count: number) =>
  Array.from({ length: count }, (_, index) =>
    message(fromSeq + index, { clientMessageId: `other-${index}`, text: `other ${index}`, atMs: 1_000 + index }),
  );

test('a conversation on a server without epochs is read again if its head is below the known one', async () => {
  const server = new ServerWithOneRoom();
  server.epoch = undefined;
  server.userEpoch = undefined;
  const client = await connected(server);
  const [shown, restored] = [collect(client, 'entry'), collect(client, 'restored')];
  server.entries = lostAndOther(2);
  await server.reconnect();
  expect(client.state.name).toBe('live');
  expect(restored).toEqual([{ conversation: client.conversations.get(roomId) ?? null }]);
  expect(shown.map(({ seq }) => seq)).toEqual([26, 27]);
});

test('an epoch that appears or disappears is not a different epoch', async () => {
  const server = new ServerWithOneRoom();
  server.epoch = undefined;
  server.userEpoch = undefined;
  const client = await connected(server);
  const restored = collect(client, 'restored');
  for (const epoch of ['first', undefined, 'first']) {
    server.epoch = epoch;
    server.userEpoch = epoch;
    await server.reconnect();
  }
  expect(restored).toEqual([]);
  server.epoch = 'second';
  await server.reconnect();
  expect(restored).toHaveLength(1);
});

test('nothing is discarded while the server reports that it is catching up', async () => {
  const server = new ServerWithOneRoom();
  const client = await connected(server);
  const all = server.entries;
  const [shown, restored] = [collect(client, 'entry'), collect(client, 'restored')];
  server.entries = messages(1, 25);
  server.isCatchingUp = true;
  await server.reconnect();
  await server.runtime.pass(3_000);
  expect([client.state.name, restored, shown]).toEqual(['catching-up', [], []]);
  expect(server.asked).toBeGreaterThan(1);
  server.entries = all;
  server.isCatchingUp = false;
  await server.runtime.pass(1_000);
  await idle();
  expect([client.state.name, restored, shown]).toEqual(['live', [], []]);
});

test('a server that has fewer entries after catching up was restored', async () => {
  const server = new ServerWithOneRoom();
  const client = await connected(server);
  const restored = collect(client, 'restored');
  server.entries = messages(1, 25);
  server.isCatchingUp = true;
  await server.reconnect();
  server.isCatchingUp = false;
  await server.runtime.pass(1_000);
  await idle();
  expect(client.state.name).toBe('live');
  expect(restored).toHaveLength(1);
  expect(client.conversations.get(roomId)?.data.headSeq).toBe(25);
});

test('a live entry that arrives during the request does not count as a lower head', async () => {
  const server = new ServerWithOneRoom();
  const client = await connected(server);
  const [shown, restored] = [collect(client, 'entry'), collect(client, 'restored')];
  server.runtime.socket.end(1006);
  await server.nextSocket();
  server.runtime.socket.open();
  const snapshot = welcome([server.room]);
  const entry = message(31);
  server.entries = [...server.entries, entry];
  server.runtime.socket.say({ type: 'entry', entry });
  server.runtime.socket.say(snapshot);
  await idle();
  expect([client.state.name, restored, shown.map(({ seq }) => seq)]).toEqual(['live', [], [31]]);
});

test('another epoch on a page of history or a live conversation is detected at once', async () => {
  for (const tell of ['history', 'conversation'] as const) {
    const server = new ServerWithOneRoom();
    const client = await connected(server);
    const [shown, restored] = [collect(client, 'entry'), collect(client, 'restored')];
    server.entries = lostAndOther(30);
    server.epoch = 'second';
    if (tell === 'history') await client.conversations.get(roomId)?.history();
    else server.runtime.socket.say({ type: 'conversation', conversationId: roomId, conversation: server.room });
    await idle();
    expect([tell, restored.length, shown.length]).toEqual([tell, 1, 30]);
    expect(client.conversations.get(roomId)?.data).toMatchObject({ headSeq: 55, epoch: 'second' });
  }
});

test('nothing is discarded if the new history cannot be fetched; the next connection tries again', async () => {
  const server = new ServerWithOneRoom();
  const client = await connected(server);
  const restored = collect(client, 'restored');
  const { answer } = server.runtime;
  server.entries = lostAndOther(30);
  server.epoch = 'second';
  server.runtime.answer = () => {
    throw new TypeError('no network');
  };
  await server.reconnect();
  expect(restored).toEqual([]);
  expect(client.conversations.get(roomId)?.data).toMatchObject({ headSeq: 30, epoch: 'first' });
  server.runtime.answer = answer;
  await server.nextSocket();
  await server.accept();
  expect(restored).toHaveLength(1);
  expect(client.conversations.get(roomId)?.data).toMatchObject({ headSeq: 55, epoch: 'second' });
});
