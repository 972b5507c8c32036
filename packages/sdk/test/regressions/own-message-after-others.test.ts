import { beforeEach, expect, test } from 'bun:test';
import type { Conversation, MemoryStore, ParleyClient } from '../../src/index.ts';
import { ana, message, roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

let api: FakeApi;
let client: ParleyClient;
let room: Conversation;
beforeEach(async () => {
  api = new FakeApi();
  api.write(roomId, 10);
  api.read(roomId, 10);
  client = await connected();
  const found = client.conversations.get(roomId);
  if (!found) throw new Error('the room is not in the list');
  room = found;
});

async function connected(store?: MemoryStore): Promise<ParleyClient> {
  const connecting = await api.client(store);
  connecting.connect();
  await api.accept();
  return connecting;
}

async function goOffline(): Promise<void> {
  api.runtime.socket.end(1006);
  await idle();
}

async function reconnect(): Promise<void> {
  await api.runtime.pass(60_000);
  await api.accept();
}

/** The server accepts the message that the client sent, as the next entry. */
async function acceptMessage(seq: number): Promise<void> {
  const clientMessageId = String(api.runtime.socket.of('send').at(-1)?.['clientMessageId']);
  api.runtime.socket.say({ type: 'entry', entry: message(seq, { senderId: ana.id, clientMessageId }) });
  await idle();
}

const readFrames = () => api.runtime.sockets.flatMap((socket) => socket.of('read'));

test('a message written offline leaves the messages unread that others wrote before it arrived', async () => {
  await goOffline();
  room.send('on my way');
  api.write(roomId, 30);
  await reconnect();
  expect(room.unreadCount).toBe(30);
  await acceptMessage(41);
  expect([room.data.headSeq, room.unreadCount, room.data.membership?.readSeq]).toEqual([41, 30, 10]);
  expect(readFrames()).toEqual([]);
});

test('a message of another device leaves the messages before it unread', async () => {
  const others = message(11);
  const own = message(12, { senderId: ana.id });
  for (const entry of [others, own]) api.runtime.socket.say({ type: 'entry', entry });
  expect(room.unreadCount).toBe(1);
  expect(readFrames()).toEqual([]);
});

test('a message that is fetched after a reconnect leaves the messages before it unread and is not unread', async () => {
  await goOffline();
  api.write(roomId, 2);
  Object.assign(api.write(roomId)[0] ?? {}, { senderId: ana.id });
  await reconnect();
  expect(room.unreadCount).toBe(2);
  expect(readFrames()).toEqual([]);
});

test('messages written with nothing unread before them move the read position', async () => {
  for (const seq of [11, 12]) {
    room.send(`text ${seq}`);
    await idle();
    await acceptMessage(seq);
  }
  expect([room.unreadCount, room.data.membership?.readSeq]).toEqual([0, 12]);
});

test('own messages that are fetched after a reconnect move the read position if nothing else is unread', async () => {
  await goOffline();
  for (const entry of api.write(roomId, 2)) entry.senderId = ana.id;
  await reconnect();
  expect([room.unreadCount, room.data.membership?.readSeq]).toEqual([0, 12]);
});

test('a message written while others are shown unread reads those, and not the ones that arrive before it', async () => {
  api.runtime.socket.say({ type: 'entry', entry: message(11) });
  room.send('answer');
  await idle();
  await acceptMessage(12);
  expect([room.unreadCount, room.data.membership?.readSeq]).toEqual([0, 12]);
  room.send('too late');
  await idle();
  api.runtime.socket.say({ type: 'entry', entry: message(13) });
  await acceptMessage(14);
  expect([room.unreadCount, room.data.membership?.readSeq]).toEqual([1, 12]);
});
