import { beforeEach, expect, test } from 'bun:test';
import { MemoryStore, type ParleyClient } from '../../src/index.ts';
import { roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { welcome } from '../support/frames.ts';
import { idle } from '../support/idle.ts';
import { collect } from '../support/until.ts';

let api: FakeApi;
let store: MemoryStore;
let client: ParleyClient;
beforeEach(async () => {
  api = new FakeApi();
  api.write(roomId);
  store = new MemoryStore();
  client = await api.client(store);
  client.connect();
  await api.accept();
});

/** The user writes offline, is removed meanwhile, and reconnects. */
async function writeAndBeRemoved(): Promise<void> {
  api.runtime.socket.end(1006);
  for (const text of ['one', 'two']) client.conversations.get(roomId)?.send(text);
  await api.runtime.pass(60_000);
  const { socket } = api.runtime;
  socket.open();
  const left = [{ conversationId: roomId, atMs: 2 }];
  socket.say({ ...welcome(), homepage: { conversations: [], left, nextCursor: null } });
  await idle();
  for (let refused = 0; refused < socket.of('send').length; refused++) {
    const id = String(socket.of('send')[refused]?.['id']);
    socket.say({ type: 'error', id, code: 'not_found', message: 'no such conversation' });
    await idle();
  }
}

test('messages to a conversation that the user was removed from are reported and listed', async () => {
  const events = collect(client, 'outbox');
  await writeAndBeRemoved();
  expect(client.conversations.get(roomId)).toBeUndefined();
  expect(client.unsent.map(({ text, status, failure }) => [text, status, failure?.code])).toEqual([
    ['one', 'failed', 'not_found'],
    ['two', 'failed', 'not_found'],
  ]);
  expect(new Set(events)).toEqual(new Set(client.unsent));
});

test('discarding such messages deletes them from the store', async () => {
  await writeAndBeRemoved();
  expect(await store.outbox()).toHaveLength(2);
  for (const message of client.unsent) await message.discard();
  expect(client.unsent).toEqual([]);
  expect(await store.outbox()).toEqual([]);
});

test('the next run lists such messages', async () => {
  await writeAndBeRemoved();
  client.close();
  const next = await api.client(store);
  expect(next.unsent.map(({ text, status }) => [text, status])).toEqual([
    ['one', 'failed'],
    ['two', 'failed'],
  ]);
});
