import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Account } from '@parley/protocol';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { ChatSession } from '../src/chat/chat-session.ts';
import { runCommand } from '../src/chat/commands.ts';

let server: RunningServer;
let ana: Person;
beforeAll(async () => {
  server = await RunningServer.start();
  ana = await server.person('ana');
});
afterAll(() => server.stop());

/** The notices of a command, and of `/more` as often as it is offered. */
async function all(session: ChatSession, command: string): Promise<string[]> {
  const lines: string[] = [];
  const run = async (line: string) => {
    session.notices = [];
    await runCommand(session, line);
    lines.push(...session.notices);
  };
  await run(command);
  for (let page = 0; page < 20 && lines.at(-1) === '… /more shows the next page.'; page++) {
    lines.pop();
    await run('/more');
  }
  return lines;
}

for (const count of [51, 201]) {
  describe(`with ${count} of each`, () => {
    const prefix = `n${count}x`;
    let session: ChatSession;
    let last: Person;
    let people: Account[];
    beforeAll(async () => {
      const persons = await server.people(prefix, count);
      people = persons.map(({ account }) => account);
      const userIds = people.map(({ id }) => id);
      last = persons.at(-1) ?? ana;
      const group = await server.call(ana, 'createGroup', { name: `Group ${count}`, userIds: userIds.slice(0, 100) });
      for (let from = 100; from < count; from += 100) {
        await server.call(ana, 'addMembers', { conversationId: group.id, userIds: userIds.slice(from, from + 100) });
      }
      for (let index = 0; index < count; index++) {
        await server.call(last, 'createChannel', { name: `${prefix} ${index}`, clientRequestId: `${prefix}-${index}` });
      }
      const client = await server.client(ana);
      client.connect();
      await client.live();
      session = new ChatSession(client, server.url);
    });
    afterAll(() => session.client.close());

    test('/find and /more list all people and channels', async () => {
      const lines = await all(session, `/find ${prefix}`);
      const expected = Array.from({ length: count }, (_, index) => [
        `○ ${prefix}${index} (${prefix}${index})`,
        `# ${prefix} ${index} (1 members)`,
      ]);
      expect(lines.toSorted()).toEqual(expected.flat().toSorted());
    });

    test('the pages for a screen of any height are within the limits of the server and the session', async () => {
      session.listedLines = 1_000;
      await runCommand(session, `/open Group ${count}`);
      expect(await all(session, '/members')).toHaveLength(count + 1);
      expect(await all(session, `/find ${prefix}`)).toHaveLength(2 * count);
      session.listedLines = 50;
    });

    test('/members and /more list all members', async () => {
      await runCommand(session, `/open Group ${count}`);
      expect(await all(session, '/members')).toHaveLength(count + 1);
      session.notices = [];
      await runCommand(session, '/more');
      expect(session.notices).toEqual([
        'There are no more pages. /find, /members, /banned and /reactions start a list.',
      ]);
    });

    test('/banned and /more list all banned users, and /unban finds one after the first page', async () => {
      await runCommand(session, `/channel Banned ${count}`);
      const { conversation } = session.opened;
      for (const { id } of people) await conversation.ban(id);
      const banned = await all(session, '/banned');
      expect(banned).toHaveLength(count);
      const [{ username: first } = { username: '' }] = people;
      const line = new RegExp(`^${first} \\(${first}\\), banned by ana on \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d$`);
      expect(banned.at(-1)).toMatch(line);
      await runCommand(session, `/unban ${first}`);
      expect(await all(session, '/banned')).toHaveLength(count - 1);
    });

    test('/join finds a channel, and /open a person, after the first page', async () => {
      for (const index of [0, count - 1]) {
        await runCommand(session, `/join ${prefix} ${index}`);
        expect(session.open?.conversation.title).toBe(`${prefix} ${index}`);
      }
      await runCommand(session, `/open ${last.account.username}`);
      expect(session.open?.conversation.title).toBe(last.account.username);
    });
  });
}
