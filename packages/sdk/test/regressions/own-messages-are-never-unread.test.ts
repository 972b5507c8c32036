import { beforeEach, expect, test } from 'bun:test';
import { MemoryStore, type ParleyClient } from '../../src/index.ts';
import { connected, roomOf } from '../support/amended-room.ts';
import { ana, message, roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

let api: FakeApi;
let store: MemoryStore;
let client: ParleyClient;

/** Ten messages are read. The server counts all later ones as unread, also those of the user. */
beforeEach(async () => {
  api = new FakeApi();
  store = new MemoryStore();
  api.write(roomId, 10);
  api.read(roomId, 10);
  ({ client } = await connected(api, store));
});

const room = (of = client) => roomOf(of);

/** Messages of others, then one of the user's, then one of others arrive. */
async function converse(): Promise<void> {
  const entries = api.write(roomId, 32);
  Object.assign(entries[30] ?? {}, { senderId: ana.id });
  for (const entry of entries) api.runtime.socket.say({ type: 'entry', entry });
  await idle();
}

async function reconnect(): Promise<void> {
  api.runtime.socket.end(1006);
  await api.runtime.pass(60_000);
  await api.accept();
}

async function restart(): Promise<void> {
  await idle();
  client.close();
  ({ client } = await connected(api, store));
}

test('own messages stay read after a reconnect, a restart, and both', async () => {
  await converse();
  const counts = [room().unreadCount];
  for (const step of [reconnect, restart, restart, reconnect]) {
    await step();
    counts.push(room().unreadCount);
  }
  expect(counts).toEqual([31, 31, 31, 31, 31]);
});

test('own messages stay read when the server sends the conversation again', async () => {
  await converse();
  api.runtime.socket.say({ type: 'conversation', conversationId: roomId, conversation: api.conversation(roomId) });
  await idle();
  expect(room().unreadCount).toBe(31);
});

test('own messages stay read when another device reads some of the messages before them', async () => {
  await converse();
  api.read(roomId, 20);
  api.runtime.socket.say({ type: 'read', conversationId: roomId, userId: ana.id, seq: 20, messageCount: 20 });
  await idle();
  const counts = [room().unreadCount];
  for (const step of [restart, reconnect]) {
    await step();
    counts.push(room().unreadCount);
  }
  expect(counts).toEqual([21, 21, 21]);
});

test('own messages before a newer read position are not subtracted any more', async () => {
  await converse();
  api.runtime.socket.end(1006);
  api.read(roomId, 41);
  await api.runtime.pass(60_000);
  await api.accept();
  expect(room().unreadCount).toBe(1);
  await restart();
  expect(room().unreadCount).toBe(1);
});

test('own messages stay read while a position that the server does not have is kept', async () => {
  await converse();
  api.runtime.socket.end(1006);
  await idle();
  room().markRead();
  expect(room().unreadCount).toBe(0);
  for (const entry of api.write(roomId, 2)) entry.senderId = entry.seq === 43 ? ana.id : entry.senderId;
  await api.runtime.pass(60_000);
  await api.accept();
  expect(room().unreadCount).toBe(1);
});

test('the last message of a conversation is not unread for its author on a device without data', async () => {
  api.write(roomId, 30);
  const last = message(40, { senderId: ana.id });
  const answer = api.conversation.bind(api);
  api.conversation = (id) => ({ ...answer(id), lastMessage: last });
  store = new MemoryStore();
  const { client: other } = await connected(api, store);
  expect(room(other).unreadCount).toBe(29);
});
