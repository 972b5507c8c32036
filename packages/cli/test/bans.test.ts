import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { until } from '../../server/test/support/until.ts';
import { ChatSession } from '../src/chat/chat-session.ts';
import { runCommand } from '../src/chat/commands.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

let scenes = 0;
let sessions: ChatSession[] = [];
let [ana, ben]: Person[] = [];
let [olga, mia]: ChatSession[] = [];
beforeEach(async () => {
  for (const { client } of sessions) client.close();
  const n = ++scenes;
  [ana, ben] = await Promise.all([server.person(`ana${n}`), server.person(`ben${n}`)]);
  sessions = await Promise.all(
    [ana, ben].map(async (person) => {
      if (!person) throw new Error('there are two people');
      const client = await server.client(person);
      client.connect();
      await client.live();
      return new ChatSession(client, server.url);
    }),
  );
  [olga, mia] = sessions;
});
afterAll(() => {
  for (const { client } of sessions) client.close();
});

/** The notices of a command. */
async function said(session: ChatSession | undefined, line: string): Promise<string[]> {
  if (!session) throw new Error('there is no session');
  session.notices = [];
  await runCommand(session, line);
  return session.notices;
}

const shown = (session: ChatSession | undefined) => session?.shown.map(({ text }) => text) ?? [];

test('/ban removes a member, who is told why joining is refused, until /unban', async () => {
  const [channel, admin, member] = [`Harbour ${scenes}`, `ana${scenes}`, `ben${scenes}`];
  expect(await said(olga, `/channel ${channel}`)).toEqual([]);
  expect(await said(mia, `/join ${channel}`)).toEqual([]);
  expect(await said(olga, '/banned')).toEqual(['Nobody is banned here.']);
  expect(await said(olga, `/ban ${member}`)).toEqual([]);
  await until('both see the ban', () => shown(olga).includes(`${admin} banned ${member}`) && mia?.open === null);
  expect(await said(mia, `/join ${channel}`)).toEqual(['You are banned from this channel.']);
  expect(await said(olga, `/add ${member}`)).toEqual([
    'The user is banned from this conversation. Lift the ban first.',
  ]);
  expect(await said(olga, '/banned')).toEqual([
    expect.stringContaining(`${member} (${member}), banned by ${admin} on `),
  ]);
  expect(await said(olga, `/unban ${member}`)).toEqual([]);
  await until('the end of the ban is shown', () => shown(olga).includes(`${admin} lifted the ban of ${member}`));
  expect(await said(mia, `/join ${channel}`)).toEqual([]);
});

test('/ban, /unban and /banned say what is missing or not allowed', async () => {
  const channel = `Harbour ${scenes}`;
  expect(await said(olga, '/ban')).toEqual([expect.stringContaining('A name is missing')]);
  await said(olga, `/channel ${channel}`);
  await said(mia, `/join ${channel}`);
  expect(await said(olga, '/ban nobody-there')).toEqual([expect.stringContaining('There is no person “nobody-there”')]);
  expect(await said(olga, '/unban nobody-there')).toEqual([
    'No banned user is called “nobody-there”. /banned lists them.',
  ]);
  expect(await said(olga, `/ban ana${scenes}`)).toEqual(['You may not ban yourself.']);
  expect(await said(mia, `/ban ana${scenes}`)).toEqual(['Only owners and admins may ban users.']);
  expect(await said(mia, '/banned')).toEqual(['Only owners and admins may list bans.']);
});
