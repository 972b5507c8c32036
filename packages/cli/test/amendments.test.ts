import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Person, RunningServer } from '../../server/test/support/running-server.ts';
import { until } from '../../server/test/support/until.ts';
import { ChatSession } from '../src/chat/chat-session.ts';
import { runCommand } from '../src/chat/commands.ts';
import { printedEntry } from '../src/chat/entry-lines.ts';
import { messageLines } from '../src/chat/screen/message-lines.ts';

const styles = { bold: true, italic: true, strike: true, colour: true };
const esc = '\u001b';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

/** A person in a terminal with the conversation open. */
async function inTerminal(person: Person, conversationId: string) {
  const client = await server.client(person);
  const session = new ChatSession(client, server.url);
  client.connect();
  await client.live();
  await client.people.find([person.account.id]);
  const conversation = client.conversations.get(conversationId);
  if (!conversation) throw new Error('the conversation is not in the list');
  await session.show(conversation);
  return {
    session,
    close: () => client.close(),
    /** Runs a command, or sends a text. Resolves with the notices. */
    async run(line: string) {
      const before = session.noticeCount;
      if (line.startsWith('/')) await runCommand(session, line);
      else session.send(line);
      return session.notices.slice(session.notices.length - (session.noticeCount - before));
    },
    lines: () =>
      messageLines(session.shown, 60, styles).map(({ row }) =>
        row
          .map(({ text }) => text)
          .join('')
          .replaceAll(/\d\d:\d\d/g, 'TIME'),
      ),
    printed: () => session.shown.map((shown) => printedEntry(shown, '').replaceAll(/\d\d:\d\d/g, 'TIME')),
    shows: (line: string) =>
      until(`the terminal shows ${line}`, () =>
        messageLines(session.shown, 60, styles).some(({ row }) =>
          row
            .map(({ text }) => text)
            .join('')
            .includes(line),
        ),
      ),
    settled: () => Promise.all(session.amendments.unsent),
  };
}

/** Ben, who owns a group, and Ana, a member, in two terminals; `say` sends as Ben. */
async function inGroup(name: string) {
  const [ana, ben] = (await server.people(name, 2)) as [Person, Person];
  const { id } = await server.call(ben, 'createGroup', { name: 'Harbour', userIds: [ana.account.id] });
  const say = (text: string, from = ben) =>
    server.call(from, 'sendMessage', { conversationId: id, clientMessageId: crypto.randomUUID(), text });
  return { id, ana, ben, say, open: (person: Person) => inTerminal(person, id) };
}

test('/edit replaces the newest own message that contains the text, in both terminals', async () => {
  const { ana, ben, say, open } = await inGroup('edits');
  await say('a tpyo here');
  await say('tpyo of ana', ana);
  await say('another line');
  const [annas, bens] = [await open(ana), await open(ben)];
  await bens.run('/edit tpyo');
  expect(bens.session.amendments.begun?.label).toEndWith('“a tpyo here”');
  await bens.run('a typo here');
  await annas.shows('a typo here (edited');
  await bens.shows('a typo here (edited');
  expect(annas.lines().join('\n')).not.toContain('a tpyo here');
  expect(annas.lines().join('\n')).toContain('tpyo of ana');
  expect(await bens.run('/edit tpyo')).toEqual(['No message loaded here contains “tpyo” that you can edit.']);
  await annas.run('/edit');
  expect(annas.session.amendments.begun?.label).toEndWith('“tpyo of ana”');
  await annas.run('/cancel');
  expect(await annas.run('/cancel')).toEqual(['There is nothing to cancel.']);
  for (const each of [annas, bens]) each.close();
});

test('/delete asks first, and a line stays that names the moderator', async () => {
  const { ana, ben, say, open } = await inGroup('deletes');
  await say('secret of ana', ana);
  await say('secret of ben');
  const [annas, bens] = [await open(ana), await open(ben)];
  expect((await annas.run('/delete secret'))[0]).toMatch(
    /^Delete .*: “secret of ana”\? \/confirm deletes it, \/cancel keeps it\.$/,
  );
  await annas.run('/cancel');
  expect(await annas.run('/confirm')).toEqual(['There is nothing to confirm. /delete TEXT begins.']);
  // A message that is sent meanwhile leaves the deletion.
  await annas.run('/delete secret');
  await annas.run('hello');
  expect(await annas.run('/confirm')).toEqual(['There is nothing to confirm. /delete TEXT begins.']);
  await bens.run('/delete secret of ana');
  await bens.run('/confirm');
  await bens.run('/delete secret of ben');
  await bens.run('/confirm');
  for (const each of [annas, bens]) {
    await each.shows(`deleted by ${ben.account.displayName}`);
    await until('the other message is deleted', () => each.lines().includes('  deleted'));
    expect(each.lines().join('\n')).not.toContain('secret');
    expect(each.printed().join('\n')).toContain(`(deleted by ${ben.account.displayName})`);
  }
  for (const each of [annas, bens]) each.close();
});

test('a reply shows the present state of the message above it, also of one that is not loaded', async () => {
  const { ana, ben, id, say, open } = await inGroup('replies');
  const { seq } = await say('the first line');
  for (let index = 0; index < 60; index++) await say(`filler ${index}`);
  const reply = { conversationId: id, clientMessageId: crypto.randomUUID(), text: 'on a page', replyTo: seq };
  await server.call(ana, 'sendMessage', reply);
  const [annas, bens] = [await open(ana), await open(ben)];
  const name = ben.account.displayName;
  await annas.shows(`  ↳ ${name}: “the first line”`);
  await bens.run('/reply filler 59');
  await bens.run('an answer');
  await annas.shows(`↳ ${name}: “filler 59”`);
  expect(annas.printed().at(-1)).toEndWith(`(reply to ${name}: “filler 59”) an answer`);
  // Sent while the target is not loaded.
  await server.call(ben, 'sendMessage', { ...reply, clientMessageId: crypto.randomUUID(), text: 'live', replyTo: 4 });
  await annas.shows(`↳ ${name}: “filler 1”`);
  await bens.run('/edit filler 59');
  await bens.run('corrected');
  await annas.shows(`↳ ${name}: “corrected”`);
  await bens.run('/delete corrected');
  await bens.run('/confirm');
  await annas.shows(`↳ ${name}: deleted`);
  for (const each of [annas, bens]) each.close();
});

test('/react sets and removes a reaction, and /reactions lists who reacted', async () => {
  const { ana, ben, say, open } = await inGroup('reacts');
  await say('react to this');
  const [annas, bens] = [await open(ana), await open(ben)];
  await annas.run('/react 👍 react');
  await annas.shows('[👍 1]');
  await bens.shows('👍 1');
  await bens.run('/react 👍');
  await bens.run('/react ❤️ this');
  await annas.shows('[👍 2]  ❤️ 1');
  await bens.shows('[👍 2]  [❤️ 1]');
  const listed = [...(await annas.run('/reactions')), ...(await annas.run('/more')), ...(await annas.run('/more'))];
  expect(listed.filter((line) => line.startsWith('👍'))).toHaveLength(2);
  expect(listed).toContain(`❤️ ${ben.account.displayName} (${ben.account.username})`);
  await annas.run('/react 👍');
  await bens.shows('[👍 1]');
  for (const bad of ['👍👍', 'a', ':+1:', ''])
    expect(await annas.run(`/react ${bad}`)).toEqual([`“${bad}” is not exactly one emoji, as in /react 👍 TEXT.`]);
  for (const each of [annas, bens]) each.close();
});

test('/pin pins and unpins for owners and admins, and /pins lists', async () => {
  const { ana, ben, say, open } = await inGroup('pins');
  await say('keep this');
  await say('another');
  const [annas, bens] = [await open(ana), await open(ben)];
  expect(await annas.run('/pin keep')).toEqual(['Only owners and admins pin messages here.']);
  await bens.run('/pin keep');
  await annas.shows(`pinned by ${ben.account.displayName}`);
  const [line] = await annas.run('/pins');
  expect(line).toContain(`keep this  pinned by ${ben.account.displayName}`);
  await bens.run('/pin keep');
  await bens.settled();
  expect(await annas.run('/pins')).toEqual(['No message is pinned here.']);
  for (const each of [annas, bens]) each.close();
});

test('a refused change is reported, an edit that is too long stays, and leaving the conversation ends it', async () => {
  const { ana, ben, id, say, open } = await inGroup('refused');
  const { seq } = await say('mine', ana);
  const annas = await open(ana);
  await annas.run('/edit mine');
  expect(() => annas.session.send('x'.repeat(10_001))).toThrow('A message has at most 10,000 characters.');
  expect(annas.session.amendments.begun?.kind).toBe('edit');
  const amendmentId = crypto.randomUUID();
  await server.call(ben, 'amendMessage', { conversationId: id, seq, amendmentId, change: { kind: 'delete' } });
  await annas.run('too late');
  await annas.settled();
  expect(annas.session.notices.at(-1)).toStartWith('Not edited: ');
  expect(annas.session.amendments.refusedCount).toBe(1);
  await annas.shows(`deleted by ${ben.account.displayName}`);
  await say('again', ana);
  await annas.shows('again');
  await annas.run('/edit again');
  await server.call(ben, 'removeMember', { conversationId: id, userId: ana.account.id });
  await until('the conversation is closed', () => annas.session.open === null);
  expect(annas.session.amendments.begun).toBeNull();
  annas.close();
});

test('a refused change names its conversation when another one is open', async () => {
  const { ana, ben, id, say, open } = await inGroup('elsewhere');
  const { seq } = await say('mine', ana);
  const { id: otherId } = await server.call(ben, 'createGroup', { name: 'Quay', userIds: [ana.account.id] });
  const annas = await open(ana);
  const { client } = annas.session;
  await until('the other group is in the list', () => client.conversations.get(otherId) !== undefined);
  client.close();
  await annas.run('/edit mine');
  await annas.run('too late');
  await annas.run('/open Quay');
  const amendmentId = crypto.randomUUID();
  await server.call(ben, 'amendMessage', { conversationId: id, seq, amendmentId, change: { kind: 'delete' } });
  client.connect();
  await annas.settled();
  expect(annas.session.notices.at(-1)).toStartWith('Not edited in Harbour: ');
  annas.close();
});

test('a message that waits to be sent is not shown, found or counted once it is deleted', async () => {
  const { ana, open } = await inGroup('hidden');
  const annas = await open(ana);
  const { client } = annas.session;
  await annas.run('hasty words');
  // The server may have the message: it is sent again, and deleted then.
  client.close();
  const { lines } = annas;
  expect([lines().join('\n').includes('hasty words'), annas.session.unsentCount]).toEqual([true, 1]);
  await annas.run('/delete hasty');
  await annas.run('/confirm');
  expect([lines().join('\n').includes('hasty words'), annas.session.unsentCount]).toEqual([false, 0]);
  expect(await annas.run('/edit hasty')).toEqual(['No message loaded here contains “hasty” that you can edit.']);
  client.connect();
  await annas.settled();
  await until('the line of the deleted message is shown', () => lines().includes('  deleted'));
  expect(client.unsent).toEqual([]);
  annas.close();
});

test('control characters in edits, quotes and names of commands do not reach the terminal', async () => {
  const { ana, ben, id, say, open } = await inGroup('hostile');
  const { seq } = await say(`${esc}[2Jquoted`);
  const annas = await open(ana);
  const hostile = `${esc}[31mred${esc}]0;title\u0007 \u202eback`;
  const clientMessageId = crypto.randomUUID();
  await server.call(ben, 'sendMessage', { conversationId: id, clientMessageId, text: 'reply', replyTo: seq });
  const change = { kind: 'edit', text: hostile } as const;
  const amendmentId = crypto.randomUUID();
  await server.call(ben, 'amendMessage', { conversationId: id, seq: seq + 1, amendmentId, change });
  await annas.shows('␛[31mred');
  await annas.shows('↳');
  const label = (await annas.run(`/delete ${esc}`)).join('');
  for (const text of [annas.lines().join(''), annas.printed().join(''), label]) {
    expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
  }
  annas.close();
});
