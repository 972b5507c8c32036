import { expect, test } from 'bun:test';
import { conversation, message, roomId } from '../support/entries.ts';
import { FakeApi } from '../support/fake-api.ts';

test('read messages stay read when an older response arrives', async () => {
  const api = new FakeApi();
  api.write(roomId, 5);
  const client = await api.client();
  client.connect();
  await api.accept();
  const room = client.conversations.get(roomId);
  room?.markRead();
  expect(room?.unreadCount).toBe(0);
  // A response from before the server knew the read position, twice, for example to a rename.
  for (const name of ['renamed', 'renamed again']) {
    const data = conversation(5, { name });
    api.runtime.socket.say({ type: 'conversation', conversationId: roomId, conversation: data });
  }
  expect(room?.title).toBe('renamed again');
  expect(room?.unreadCount).toBe(0);
  expect(room?.data.membership?.readSeq).toBe(5);
  const [entry = message(6)] = api.write(roomId);
  api.runtime.socket.say({ type: 'entry', entry });
  expect(room?.unreadCount).toBe(1);
});
