import { expect, test } from 'bun:test';
import { message, messages, roomId } from './support/entries.ts';
import { welcome } from './support/frames.ts';
import { idle } from './support/idle.ts';
import { connected, lostAndOther, ServerWithOneRoom } from './support/server-with-one-room.ts';
import { collect } from './support/until.ts';

test('a conversation on a server without epochs is read again if its head is below the known one', async () => {
  const server = new ServerWithOneRoom();
  server.epoch = undefined;
  server.userEpoch = undefined;
  const client = await connected(server);
  const [shown, restored] = [collect(client, 'entry'), collect(client, 'restored')];
  server.entries = lostAndOther(2);
  await server.reconnect();
  expect(client.state.name).toBe('live');
  expect(restored).toEqual([{ conversation: client.conversations.get(roomId) ?? null, keptSeq: 25 }]);
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

test('a restore is reported once, although the first catch-up after it was interrupted', async () => {
  const server = new ServerWithOneRoom();
  const client = await connected(server);
  const restored = collect(client, 'restored');
  const { answer } = server.runtime;
  server.entries = lostAndOther(30);
  server.epoch = 'second';
  server.userEpoch = 'second';
  server.runtime.answer = () => {
    throw new TypeError('no network');
  };
  await server.reconnect();
  expect(restored).toEqual([{ conversation: null }]);
  server.runtime.answer = answer;
  await server.nextSocket();
  await server.accept();
  expect(client.state.name).toBe('live');
  expect(restored).toEqual([
    { conversation: null },
    { conversation: client.conversations.get(roomId) ?? null, keptSeq: 25 },
  ]);
});
