import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { until } from '../../server/test/support/until.ts';
import { ChatSession } from '../src/chat/chat-session.ts';
import { runCommand } from '../src/chat/commands.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

/** A person of this name in a terminal, in a group of another's with 120 messages. */
async function inGroup(name: string) {
  const [ana, ben] = (await server.people(name, 2)) as [Person, Person];
  const { id } = await server.call(ben, 'createGroup', { name: 'Harbour', userIds: [ana.account.id] });
  const say = (text: string, conversationId = id) =>
    server.call(ben, 'sendMessage', { conversationId, clientMessageId: crypto.randomUUID(), text });
  for (let index = 1; index <= 120; index++) await say(`line ${index}`);
  const client = await server.client(ana);
  client.connect();
  await client.live();
  const session = new ChatSession(client, `${server.url}/`);
  const run = async (line: string) => {
    const before = session.noticeCount;
    await runCommand(session, line);
    return session.notices.slice(before - session.noticeCount);
  };
  return { ana, ben, id, say, session, run };
}

test('/open shows the message of a link, also one that is not loaded, and /link shows the link', async () => {
  const { ben, id, session, run } = await inGroup('opens');
  const [shown] = await run(`/open ${server.url}/c/${id}/8`);
  expect(shown?.replace(/^\S+/, '')).toBe(` ${ben.account.displayName}: line 7`);
  expect(session.open?.conversation.id).toBe(id);
  expect(await run('/link line 119')).toEqual([`${server.url}/c/${id}/120`]);
  expect(await run('/link')).toEqual([`${server.url}/c/${id}/121`]);
  expect(await run('/link line 1 of none')).toEqual(['No message shown here contains “line 1 of none”.']);
  session.client.close();
});

test('/open says of numbers that no message has, or that one may not see, that there is none', async () => {
  const { ana, ben, id, say, session, run } = await inGroup('numbers');
  const { id: sinceId } = await server.call(ben, 'createGroup', { name: 'Since', history: 'since_joining' });
  await say('secret', sinceId);
  await server.call(ben, 'addMembers', { conversationId: sinceId, userIds: [ana.account.id] });
  await say('hello', sinceId);
  const { conversations } = session.client;
  await until('the group is in the list', () => conversations.get(sinceId) !== undefined);
  await conversations.get(sinceId)?.history();
  const none = ['There is no such message here, or you may not see it.'];
  for (const number of ['122', '9007199254740991', '0', '-1', 'abc', '9'.repeat(50)]) {
    expect([number, await run(`/open ${server.url}/c/${id}/${number}`)]).toEqual([number, none]);
  }
  expect(await run(`/open ${server.url}/c/${sinceId}/2`)).toEqual(none);
  session.client.close();
});

test('/open says the same of a conversation of others, one that was left, and one that never was', async () => {
  const { ana, ben, id, session, run } = await inGroup('others');
  const { id: othersId } = await server.call(ben, 'createGroup', { name: 'Others' });
  const left = new Promise<void>((resolve) => {
    session.client.on('conversation', ({ conversation, removed }) => {
      if (removed && conversation.id === id) resolve();
    });
  });
  await server.call(ben, 'removeMember', { conversationId: id, userId: ana.account.id });
  await left;
  for (const each of [othersId, id, crypto.randomUUID(), 'nonsense']) {
    expect([each, await run(`/open ${server.url}/c/${each}/1`)]).toEqual([
      each,
      ['This conversation is not one of yours: it was closed, you left it, or the link is wrong.'],
    ]);
  }
  const { id: channelId } = await server.call(ben, 'createChannel', { name: 'Open water' });
  expect(await run(`/open ${server.url}/c/${channelId}/1`)).toEqual([
    'You are not in the channel Open water. /join Open water joins it.',
  ]);
  expect(await run(`/open https://elsewhere.example/c/${id}/1`)).toEqual([
    'This is a link of another server, https://elsewhere.example.',
  ]);
  session.client.close();
});
