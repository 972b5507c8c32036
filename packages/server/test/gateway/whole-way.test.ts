import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type ApiUnderTest, startApi } from './api-under-test.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

test('two users find each other, write in a group, read history and mark it as read', async () => {
  const ana = await api.person('ana');
  const ben = await api.person('ben');
  const found = await api.call('userSearch', { q: 'BE' }, { token: ana.token });
  expect(found.response.users.map((user) => user.username)).toEqual(['ben']);
  const group = (await api.call('createGroup', { name: 'Hikes', userIds: [ben.userId] }, { token: ana.token }))
    .response;
  const conversationId = group.id;
  const sent = await api.call(
    'sendMessage',
    { conversationId, clientMessageId: 'one', text: 'Shall we?' },
    { token: ana.token },
  );
  expect(sent.status).toBe(201);
  expect(sent.response.seq).toBe(2);
  const page = await api.call('getHistory', { conversationId, after: 1 }, { token: ben.token });
  expect(page.response.entries).toMatchObject([{ kind: 'message', text: 'Shall we?', senderId: ana.userId }]);
  const before = await api.call('getHomepage', {}, { token: ben.token });
  expect(before.response.conversations).toMatchObject([{ id: conversationId, unreadCount: 1 }]);
  const read = await api.call('markRead', { conversationId, seq: 2 }, { token: ben.token });
  expect(read.response).toEqual({ seq: 2, messageCount: 1 });
  const after = await api.call('getHomepage', {}, { token: ben.token });
  expect(after.response.conversations).toMatchObject([{ id: conversationId, unreadCount: 0 }]);
});
