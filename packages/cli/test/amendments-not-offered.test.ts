import { expect, test } from 'bun:test';
import { features } from '../../server/src/platform/features.ts';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { beginEditOfLast } from '../src/chat/amend-commands.ts';
import { ChatSession } from '../src/chat/chat-session.ts';
import { runCommand } from '../src/chat/commands.ts';

test('a server that does not offer amendments is named as the reason, and messages are sent as before', async () => {
  const offered = features['amendments'];
  delete features['amendments'];
  const server = await RunningServer.start();
  const [ana, ben] = (await server.people('older', 2)) as [Person, Person];
  const client = await server.client(ana);
  const session = new ChatSession(client, server.url);
  client.connect();
  await client.live();
  await session.show(await client.conversations.openDirect(ben.account.id));
  session.send('hello');
  await Promise.all(client.unsent.map((message) => message.sent()));
  for (const line of ['/edit', '/delete', '/reply', '/react 👍', '/pin', '/pins', '/reactions']) {
    await runCommand(session, line);
    expect([line, session.notices.at(-1)]).toEqual([
      line,
      'This server does not offer edits, deletions, replies, reactions and pins.',
    ]);
  }
  expect(session.noticeCount).toBe(7);
  expect(beginEditOfLast(session)).toBe(false);
  client.close();
  await server.stop();
  if (offered !== undefined) features['amendments'] = offered;
});
