import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { until } from '../../server/test/support/until.ts';
import { ChatSession } from '../src/chat/chat-session.ts';
import { runCommand } from '../src/chat/commands.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

/** Ana in a terminal, in a group in which Ben wrote three messages, which is open, and in another one. */
async function inGroup(name: string) {
  const [ana, ben] = (await server.people(name, 2)) as [Person, Person];
  const groupOf = (title: string) => server.call(ben, 'createGroup', { name: title, userIds: [ana.account.id] });
  await groupOf('Elsewhere');
  const { id } = await groupOf('Harbour');
  const say = (text: string) =>
    server.call(ben, 'sendMessage', { conversationId: id, clientMessageId: crypto.randomUUID(), text });
  for (const text of ['first', 'second', 'third']) await say(text);
  const client = await server.client(ana);
  client.connect();
  await client.live();
  const session = new ChatSession(client, server.url);
  const run = async (line: string) => {
    const before = session.noticeCount;
    if (line.startsWith('/')) await runCommand(session, line);
    else session.send(line);
    return session.notices.slice(before - session.noticeCount);
  };
  await run('/open Harbour');
  const unread = () => client.conversations.get(id)?.unreadCount;
  const hasUnread = (count: number) => until(`${count} unread messages`, () => unread() === count);
  const onServer = async () => (await server.call(ana, 'getConversation', { conversationId: id })).unreadCount;
  await hasUnread(0);
  // A mark of another device has no effect on a position later than the one that it names.
  await until('the position on the server', async () => (await onServer()) === 0);
  return { ana, ben, id, say, session, run, unread, hasUnread, onServer };
}

test('/unread marks the newest message that contains the text, until the conversation is opened again', async () => {
  const { session, say, run, unread, hasUnread, onServer } = await inGroup('marks');
  const [said] = await run('/unread second');
  expect(said).toStartWith('Unread until you open the conversation again or write: ');
  expect(said).toEndWith(': second');
  await say('fourth');
  await hasUnread(3);
  await until('the mark on the server', async () => (await onServer()) === 3);
  expect(await run('/list')).toContain('& Harbour [3]');
  await run('/open Harbour');
  expect(unread()).toBe(0);
  await until('the position on the server', async () => (await onServer()) === 0);
  await say('fifth');
  await until(
    'the message',
    () => session.open?.entries.some((each) => each.kind === 'message' && each.text === 'fifth') ?? false,
  );
  expect(unread()).toBe(0);
  session.client.close();
});

test('a mark by another device stays while the terminal shows the conversation, until the user writes', async () => {
  const { ana, id, session, say, run, unread, hasUnread } = await inGroup('elsewhere');
  await server.call(ana, 'markUnread', { conversationId: id, seq: 3, readSeq: 4, readVersion: 0 });
  await hasUnread(2);
  await say('fourth');
  await hasUnread(3);
  await run('an answer');
  expect(unread()).toBe(0);
  session.client.close();
});

describe('a conversation that is opened before the client is live', () => {
  /** Ana has marked the second message as unread, and opens the group in a terminal that is not connected. */
  async function opened(name: string) {
    const known = await inGroup(name);
    const { ana, id, session, run } = known;
    session.client.close();
    await server.call(ana, 'markUnread', { conversationId: id, seq: 3, readSeq: 4, readVersion: 0 });
    session.open = null;
    await run('/open Harbour');
    return known;
  }

  test('is read once it is, although another device marked it as unread before', async () => {
    const { session, say, unread, hasUnread, onServer } = await opened('earlier');
    session.client.connect();
    await session.client.live();
    expect(unread()).toBe(0);
    await until('the position on the server', async () => (await onServer()) === 0);
    await say('fourth');
    await until('the message', () => session.shown.length > 0 && session.open?.entries.at(-1)?.seq === 5);
    await hasUnread(0);
    session.client.close();
  });

  test('stays as the user marks it here meanwhile', async () => {
    const { session, run, hasUnread } = await opened('meanwhile');
    await run('/unread third');
    await hasUnread(1);
    session.client.connect();
    await session.client.live();
    // The mark of the other device was the first one.
    await hasUnread(2);
    session.client.close();
  });
});

test('/unread says what it can’t mark', async () => {
  const { session, run } = await inGroup('errors');
  expect(await run('/unread nothing like it')).toEqual([
    'No message loaded here contains “nothing like it” that you can mark as unread.',
  ]);
  await run('/open Elsewhere');
  expect(await run('/unread')).toEqual(['There is no message here that you can mark as unread.']);
  session.client.close();
});
