import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Problem } from '@parley/protocol';
import { ParleyError } from '@parley/sdk';
import { directConversationId } from '../../src/conversations/conversation-ids.ts';
import { type Person, RunningServer } from '../support/running-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

async function refusalOf(call: Promise<unknown>): Promise<Pick<Problem, 'code' | 'detail'>> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ParleyError) return { code: error.code as Problem['code'], detail: error.message };
    throw error;
  }
  throw new Error('it was not refused');
}

/** The results of every way to request the conversation. */
async function answersAbout(person: Person, conversationId: string) {
  const calls = [
    server.call(person, 'getConversation', { conversationId }),
    server.call(person, 'getHistory', { conversationId }),
    server.call(person, 'getHistory', { conversationId, around: 1 }),
    server.call(person, 'listMembers', { conversationId }),
    server.call(person, 'markRead', { conversationId, seq: 1 }),
  ];
  const refusals = await Promise.all(calls.map(refusalOf));
  const wire = await server.wire(person);
  const frames = [];
  for (const frame of [
    { type: 'history', conversationId },
    { type: 'read', conversationId, seq: 1 },
    { type: 'watch', userIds: [], conversationIds: [conversationId] },
  ] as const) {
    frames.push({ ...(await wire.request(frame)), id: '' });
  }
  await wire.close();
  return { refusals, frames };
}

test('a direct chat that was opened without a message does not exist for the partner', async () => {
  const [ana, ben, cleo] = (await server.people('opener', 3)) as [Person, Person, Person];
  const { id } = await server.call(ana, 'openDirect', { userId: ben.account.id });
  const neverOpened = directConversationId(ben.account.id, cleo.account.id);
  expect(await answersAbout(ben, id)).toEqual(await answersAbout(ben, neverOpened));

  await server.call(ana, 'sendMessage', { conversationId: id, clientMessageId: '1', text: 'hello' });
  expect((await server.call(ben, 'getHistory', { conversationId: id })).entries.at(-1)).toMatchObject({
    text: 'hello',
  });
  expect(await server.call(ben, 'getConversation', { conversationId: id })).toMatchObject({ id, unreadCount: 1 });
});

test('a direct chat that both opened is visible to both before the first message', async () => {
  const [ana, ben] = (await server.people('both', 2)) as [Person, Person];
  const { id } = await server.call(ana, 'openDirect', { userId: ben.account.id });
  expect(await server.call(ben, 'openDirect', { userId: ana.account.id })).toMatchObject({ id, unreadCount: 0 });
  for (const person of [ana, ben]) {
    expect(await server.call(person, 'getHistory', { conversationId: id })).toMatchObject({ headSeq: 1 });
    expect((await server.call(person, 'listMembers', { conversationId: id })).members).toHaveLength(2);
  }
});

test('marking read below the visible history reveals no message counts', async () => {
  const [ana, ben] = (await server.people('joining', 2)) as [Person, Person];
  const { id: conversationId } = await server.call(ana, 'createGroup', { name: 'g', history: 'since_joining' });
  for (let n = 0; n < 5; n++) {
    await server.call(ana, 'sendMessage', { conversationId, clientMessageId: `m${n}`, text: 'before' });
  }
  await server.call(ana, 'addMembers', { conversationId, userIds: [ben.account.id] });
  const counts = [];
  for (let seq = 0; seq < 6; seq++) {
    counts.push(await server.call(ben, 'markRead', { conversationId, seq }));
  }
  expect(new Set(counts.map((each) => JSON.stringify(each))).size).toBe(1);
});
