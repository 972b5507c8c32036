import { afterEach, beforeEach, expect, test } from 'bun:test';
import { defaultRuntime, ParleyClient } from '@parley/sdk';
import { RunningServer } from '../../../server/test/support/running-server.ts';
import { ChatSession } from '../../src/chat/chat-session.ts';
import { runCommand } from '../../src/chat/commands.ts';

let server: RunningServer;
let client: ParleyClient;
let session: ChatSession;
/** How many of the next answers to creations are lost after the server has carried out the request. */
let lostAnswers: number;

beforeEach(async () => {
  lostAnswers = 1;
  server = await RunningServer.start();
  await server.person('ben');
  const runtime = defaultRuntime();
  const fetch: typeof runtime.fetch = async (url, init) => {
    const answer = await runtime.fetch(url, init);
    if (init.method === 'POST' && /\/v1\/(groups|channels)$/.test(url) && lostAnswers-- > 0) {
      throw new TypeError('the connection was closed');
    }
    return answer;
  };
  client = new ParleyClient({ url: server.url, runtime: { ...runtime, fetch } });
  await client.signup({ username: 'ana', password: 'a good password' });
  client.connect();
  await client.live();
  session = new ChatSession(client, 'http://localhost');
});
afterEach(async () => {
  client.close();
  await server.stop();
});

/** The names of the user's conversations, as the server has them. */
async function names(): Promise<(string | null)[]> {
  const { conversations } = await client.call('getHomepage', {});
  return conversations.map(({ name }) => name);
}

for (const command of ['/group Hiking: ben', '/channel Hiking']) {
  test(`${command}: repeated after its answer was lost, creates one conversation`, async () => {
    await runCommand(session, command);
    expect(session.notices).toHaveLength(1);
    expect(await names()).toEqual(['Hiking']);
    await runCommand(session, command);
    expect(await names()).toEqual(['Hiking']);
    expect(session.opened.conversation.title).toBe('Hiking');
  });

  test(`${command}: given twice, creates two conversations if the first answer arrived`, async () => {
    lostAnswers = 0;
    await runCommand(session, command);
    await runCommand(session, command);
    expect(await names()).toEqual(['Hiking', 'Hiking']);
  });
}

test('another command after a lost answer creates another conversation', async () => {
  await runCommand(session, '/group Hiking: ben');
  await runCommand(session, '/group Hiking:');
  expect(await names()).toEqual(['Hiking', 'Hiking']);
});
