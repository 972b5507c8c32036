import { beforeEach, expect, test } from 'bun:test';
import { MemoryStore, type ParleyClient } from '../../src/index.ts';
import { ana, otherRoomId, roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { welcome } from '../support/frames.ts';
import { idle } from '../support/idle.ts';

let api: FakeApi;
let store: MemoryStore;
beforeEach(() => {
  api = new FakeApi(1);
  api.write(otherRoomId, 3);
  api.write(roomId, 20);
  store = new MemoryStore();
});

async function connected(): Promise<ParleyClient> {
  const client = await api.client(store);
  client.connect();
  await api.accept();
  return client;
}

async function offline(): Promise<ParleyClient> {
  const client = await connected();
  api.runtime.socket.end(1006);
  await idle();
  return client;
}

/** The positions that the client sent on the newest connection, each of which the server acknowledges. */
async function sentReads(): Promise<unknown[]> {
  const { socket } = api.runtime;
  const frames = socket.of('read') as { id: string; conversationId: string; seq: number }[];
  for (const { id, conversationId, seq } of frames) {
    socket.say({ type: 'read', id, conversationId, userId: ana.id, seq, messageCount: seq });
  }
  await idle();
  return frames.map(({ conversationId, seq }) => [conversationId, seq]);
}

test('a position set without a connection is sent once by the next run', async () => {
  const client = await offline();
  client.conversations.get(roomId)?.markRead();
  await idle();
  client.close();
  const next = await connected();
  expect(next.conversations.get(roomId)?.unreadCount).toBe(0);
  expect(await sentReads()).toEqual([[roomId, 20]]);
  next.close();
  api.read(roomId, 20);
  (await connected()).close();
  expect(await sentReads()).toEqual([]);
});

test('positions within a conversation, and in one that is not on the first page, are sent by the next run', async () => {
  const client = await offline();
  client.conversations.get(roomId)?.markRead(7);
  client.conversations.get(otherRoomId)?.markRead();
  await idle();
  client.close();
  await connected();
  expect(await sentReads()).toEqual([
    [roomId, 7],
    [otherRoomId, 3],
  ]);
});

test('a position that was being sent when the connection was lost is sent by the next run', async () => {
  const client = await connected();
  client.conversations.get(roomId)?.markRead(5);
  api.runtime.socket.end(1006);
  await idle();
  client.close();
  await connected();
  expect(await sentReads()).toEqual([[roomId, 5]]);
});

test('a position that an earlier version stored only with the conversation is sent', async () => {
  (await connected()).close();
  const [stored] = (await store.conversations()).filter(({ conversation }) => conversation.id === roomId);
  const membership = stored?.conversation.membership;
  if (!membership) throw new Error('the room is not in the store');
  const conversation = { ...stored.conversation, unreadCount: 0, membership: { ...membership, readSeq: 20 } };
  await store.putConversation({ ...stored, conversation });
  await connected();
  expect(await sentReads()).toEqual([[roomId, 20]]);
});

for (const isRestarted of [false, true]) {
  test(`after a restore, ${isRestarted ? 'the next run' : 'the client'} sends no position of the time before`, async () => {
    let client = await api.client(store);
    client.connect();
    await accept('first');
    api.runtime.socket.end(1006);
    client.conversations.get(roomId)?.markRead(20);
    await idle();
    if (isRestarted) {
      client.close();
      client = await api.client(store);
      client.connect();
    } else await api.runtime.pass(60_000);
    await accept('second');
    expect(client.state.name).toBe('live');
    expect(await sentReads()).toEqual([]);
    client.close();
    client = await api.client(store);
    client.connect();
    await accept('second');
    expect(await sentReads()).toEqual([]);
  });
}

test('after a restore of one conversation, no position of the time before is sent for it', async () => {
  const client = await api.client(store);
  client.connect();
  await accept('same', 'first');
  api.runtime.socket.end(1006);
  client.conversations.get(roomId)?.markRead(20);
  await api.runtime.pass(60_000);
  await accept('same', 'second');
  expect(client.state.name).toBe('live');
  expect(await sentReads()).toEqual([]);
});

/** Like {@link FakeApi.accept}, with epochs. */
async function accept(epoch: string, roomEpoch = epoch): Promise<void> {
  const conversation = { ...api.conversation(roomId), epoch: roomEpoch };
  api.intervene = ({ pathname }) => {
    if (!pathname.endsWith('/history') || !pathname.includes(roomId)) return undefined;
    return Response.json({ conversationId: roomId, entries: [], headSeq: 20, visibleFromSeq: 1, epoch: roomEpoch });
  };
  api.runtime.socket.open();
  api.runtime.socket.say({ ...welcome([conversation]), epoch });
  await idle();
}
