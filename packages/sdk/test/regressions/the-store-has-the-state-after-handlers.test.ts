import { expect, test } from 'bun:test';
import { MemoryStore } from '../../src/index.ts';
import { roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

test('the store has the last state of a conversation that an event handler changes', async () => {
  const api = new FakeApi();
  api.write(roomId, 5);
  const store = new MemoryStore();
  const client = await api.client(store);
  client.on('conversation', ({ conversation }) => {
    if (conversation.unreadCount > 0) conversation.markRead();
  });
  client.connect();
  await api.accept();
  const [entry] = api.write(roomId);
  if (!entry) throw new Error('nothing was written');
  api.runtime.socket.say({ type: 'entry', entry });
  const room = client.conversations.get(roomId);
  expect(room?.data.membership?.readSeq).toBe(6);
  await idle();
  const [stored] = await store.conversations();
  expect(stored?.conversation.membership?.readSeq).toBe(6);
  expect(stored?.conversation.unreadCount).toBe(0);
  expect(stored?.conversation).toEqual(room?.data as never);
});
