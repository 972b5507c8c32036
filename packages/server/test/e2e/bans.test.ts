import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type InputOf, limits, type OperationId } from '@parley/protocol';
import { pagesOf } from '@parley/sdk';
import { systemIds } from '../../src/platform/ids.ts';
import { type Person, RunningServer } from '../support/running-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

let scenes = 0;
/** A channel of Olga's with an admin and a member; Sam is a stranger. */
async function scene() {
  const n = ++scenes;
  const names = ['olga', 'adam', 'mia', 'sam'].map((name) => server.person(`${name}${n}`));
  const [olga, adam, mia, sam] = (await Promise.all(names)) as [Person, Person, Person, Person];
  const { id: conversationId } = await server.call(olga, 'createChannel', { name: `Harbour ${n}` });
  for (const person of [adam, mia]) await server.call(person, 'joinChannel', { conversationId });
  await server.call(olga, 'setRole', { conversationId, userId: adam.account.id, role: 'admin' });
  return {
    ...{ olga, adam, mia, sam, conversationId },
    ban: (by: Person, who: Person) => server.call(by, 'banUser', { conversationId, userId: who.account.id }),
    unban: (by: Person, who: Person) => server.call(by, 'unbanUser', { conversationId, userId: who.account.id }),
    join: (who: Person) => server.call(who, 'joinChannel', { conversationId }),
    add: (by: Person, ...people: Person[]) =>
      server.call(by, 'addMembers', { conversationId, userIds: people.map(({ account }) => account.id) }),
    listed: async () => (await server.call(olga, 'listBans', { conversationId })).bans,
    history: async () => (await server.call(olga, 'getHistory', { conversationId, limit: 200 })).entries,
  };
}

async function refuses(call: Promise<unknown>, code: string): Promise<void> {
  await expect(call).rejects.toMatchObject({ code });
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );
}

describe('a ban of a member', () => {
  test('removes them by one entry, after which nothing reaches them by any path (contract 8)', async () => {
    const { olga, adam, mia, conversationId, ban, history } = await scene();
    const [sender, banned] = await Promise.all([server.wire(olga), server.wire(mia)]);
    const send = (text: string) => sender.request({ type: 'send', conversationId, clientMessageId: text, text });
    const before = Array.from({ length: 50 }, (_, n) => send(`before${n}`));
    const banning = ban(adam, mia);
    const after = Array.from({ length: 50 }, (_, n) => send(`after${n}`));
    await Promise.all([...before, banning, ...after]);
    const { entry } = await banned.next('entry', (frame) => frame.entry.kind === 'banned');
    expect(entry).toMatchObject({ senderId: adam.account.id, userId: mia.account.id, wasMember: true });
    await banned.next('conversation', (frame) => frame.conversationId === conversationId && !frame.conversation);
    for (const frame of [
      { type: 'history', conversationId },
      { type: 'read', conversationId, seq: 1 },
      { type: 'send', conversationId, clientMessageId: 'intruder', text: 'x' },
    ] as const) {
      expect(await banned.request(frame)).toMatchObject({ type: 'error', code: 'not_found' });
    }
    expect(Math.max(...banned.seqs(conversationId))).toBe(entry.seq);
    expect((await history()).filter(({ kind }) => kind === 'banned' || kind === 'removed')).toHaveLength(1);
    await Promise.all([sender.close(), banned.close()]);
  });

  test('in a broadcast conversation ends with that entry too', async () => {
    const people = await server.people(`crowd${++scenes}x`, limits.directFanOutMembers + 2);
    const [owner, mia] = people as [Person, Person];
    const { id: conversationId } = await server.call(owner, 'createChannel', { name: 'Crowd' });
    for (let from = 1; from < people.length; from += limits.membersPerRequest) {
      const userIds = people.slice(from, from + limits.membersPerRequest).map(({ account }) => account.id);
      await server.call(owner, 'addMembers', { conversationId, userIds });
    }
    const [sender, banned] = await Promise.all([server.wire(owner), server.wire(mia)]);
    const send = (text: string) => sender.request({ type: 'send', conversationId, clientMessageId: text, text });
    const banning = server.call(owner, 'banUser', { conversationId, userId: mia.account.id });
    await Promise.all([banning, ...Array.from({ length: 30 }, (_, n) => send(`m${n}`))]);
    const { entry } = await banned.next('entry', (frame) => frame.entry.kind === 'banned');
    const ack = await send('last');
    const lastSeq = ack.type === 'ack' ? ack.seq : 0;
    await sender.next('entry', (frame) => frame.entry.seq === lastSeq);
    expect(banned.seqs(conversationId).at(-1)).toBe(entry.seq);
    await Promise.all([sender.close(), banned.close()]);
  });

  test('follows the rules of removing: admins ban members, owners anybody, nobody themselves', async () => {
    const { olga, adam, mia, sam, ban } = await scene();
    await refuses(ban(mia, adam), 'forbidden');
    await refuses(ban(mia, sam), 'forbidden');
    await refuses(ban(adam, olga), 'forbidden');
    await refuses(ban(adam, adam), 'forbidden');
    await refuses(ban(olga, olga), 'forbidden');
    await ban(adam, mia);
    await ban(olga, adam);
    await refuses(ban(adam, sam), 'not_found');
  });
});

describe('a banned user', () => {
  test('can neither join nor be added, and does both once the ban is lifted', async () => {
    const { olga, adam, mia, sam, ban, unban, join, add, conversationId } = await scene();
    await ban(adam, mia);
    await refuses(join(mia), 'banned');
    await refuses(add(olga, mia), 'user_banned');
    await refuses(add(olga, sam, mia), 'user_banned');
    await refuses(server.call(sam, 'getHistory', { conversationId }), 'not_found');
    await unban(olga, mia);
    expect((await join(mia)).membership).toMatchObject({ role: 'member' });
    await ban(olga, sam);
    await unban(adam, sam);
    await add(adam, sam);
    expect((await server.call(sam, 'getHistory', { conversationId })).entries.length).toBeGreaterThan(0);
  });

  test('who was no member is banned beforehand', async () => {
    const { olga, sam, ban, join, listed, history } = await scene();
    const witness = await server.wire(sam);
    await ban(olga, sam);
    await refuses(join(sam), 'banned');
    expect(await listed()).toMatchObject([{ user: { id: sam.account.id } }]);
    expect((await history()).at(-1)).toMatchObject({ kind: 'banned', wasMember: false });
    await witness.request({ type: 'ping' });
    expect([...witness.of('entry'), ...witness.of('conversation')]).toEqual([]);
    await witness.close();
  });

  test('learns of a group no more than a stranger, and is banned from it all the same', async () => {
    const { olga, mia, sam } = await scene();
    const userIds = [mia.account.id];
    const { id: conversationId } = await server.call(olga, 'createGroup', { name: 'Crew', userIds });
    await server.call(olga, 'banUser', { conversationId, userId: mia.account.id });
    const answersTo = (person: Person) =>
      Promise.all([
        codeOf(server.call(person, 'joinChannel', { conversationId })),
        codeOf(server.call(person, 'getConversation', { conversationId })),
        codeOf(server.call(person, 'listBans', { conversationId })),
        codeOf(server.call(person, 'banUser', { conversationId, userId: olga.account.id })),
        codeOf(server.call(person, 'unbanUser', { conversationId, userId: mia.account.id })),
      ]);
    expect(await answersTo(mia)).toEqual(await answersTo(sam));
    expect(new Set(await answersTo(sam))).toEqual(new Set(['not_found']));
    await refuses(server.call(olga, 'addMembers', { conversationId, userIds }), 'user_banned');
  });

  test('sees the messages since joining again where the history is limited to that', async () => {
    const [olga, mia] = (await server.people(`since${++scenes}x`, 2)) as [Person, Person];
    const { id: conversationId } = await server.call(olga, 'createChannel', { name: 'S', history: 'since_joining' });
    const userId = mia.account.id;
    await server.call(mia, 'joinChannel', { conversationId });
    await server.call(olga, 'banUser', { conversationId, userId });
    await server.call(olga, 'sendMessage', { conversationId, clientMessageId: '1', text: 'while banned' });
    await server.call(olga, 'unbanUser', { conversationId, userId });
    const { membership } = await server.call(mia, 'joinChannel', { conversationId });
    const { entries } = await server.call(mia, 'getHistory', { conversationId });
    expect(entries.map(({ seq }) => seq)).toEqual([membership?.joinedSeq ?? 0]);
  });
});

describe('the list of bans', () => {
  test('says who banned whom and when, to owners and admins only', async () => {
    const { olga, adam, mia, sam, ban, conversationId } = await scene();
    await ban(olga, sam);
    for (const person of [olga, adam]) {
      const { bans } = await server.call(person, 'listBans', { conversationId });
      const [entry] = (await server.call(olga, 'getHistory', { conversationId })).entries.slice(-1);
      expect(bans).toMatchObject([
        {
          ...{ user: { id: sam.account.id }, bannedBy: { id: olga.account.id } },
          ...{ seq: entry?.seq ?? 0, atMs: entry?.atMs ?? 0 },
        },
      ]);
    }
    await refuses(server.call(mia, 'listBans', { conversationId }), 'forbidden');
    await refuses(server.call(sam, 'listBans', { conversationId }), 'not_found');
  });

  test('is read in pages, the latest ban first', async () => {
    const { olga, conversationId } = await scene();
    const people = await server.people(`listed${scenes}x`, 51);
    const ids = people.map(({ account }) => account.id);
    for (const userId of ids) await server.call(olga, 'banUser', { conversationId, userId });
    const client = await server.client(olga);
    for (const limit of [1, 50, limits.memberPageMax]) {
      const read: string[] = [];
      for await (const { bans } of pagesOf(client, 'listBans', { conversationId, limit })) {
        read.push(...bans.map(({ user }) => user.id));
      }
      expect(read).toEqual(ids.toReversed());
    }
    const bad: InputOf<'listBans'> = { conversationId, cursor: Buffer.from('[1.5]').toString('base64url') };
    await refuses(server.call(olga, 'listBans', bad), 'invalid_request');
  });
});

test('a ban names a user who exists, or is refused', async () => {
  const { olga, mia, conversationId, ban, unban, listed } = await scene();
  await refuses(server.call(olga, 'banUser', { conversationId, userId: systemIds.uuid() }), 'not_found');
  const ids: OperationId[] = ['banUser', 'unbanUser'];
  for (const id of ids) {
    const bad = { conversationId, userId: 'mia' } as InputOf<'banUser'>;
    await refuses(server.call(olga, id as 'banUser', bad), 'invalid_request');
  }
  // The account was disabled after the user was a member.
  await server.adapters.users.setDisabled(mia.account.id, true);
  await ban(olga, mia);
  await unban(olga, mia);
  expect(await listed()).toEqual([]);
});

describe('of requests at the same time, the log has one order (race 18)', () => {
  test('a ban and a join: whoever is banned is no member in the end', async () => {
    const { olga, sam, ban, unban, join, history, conversationId } = await scene();
    for (let round = 0; round < 10; round++) {
      const [, joined] = await Promise.all([ban(olga, sam), codeOf(join(sam))]);
      const [last] = (await history()).slice(-1);
      expect(last).toMatchObject({ kind: 'banned', wasMember: joined === 'done' });
      await refuses(server.call(sam, 'getHistory', { conversationId }), 'not_found');
      await unban(olga, sam);
    }
  });

  test('a ban and a departure: both succeed or the departure is refused', async () => {
    const { olga, mia, ban, unban, join, conversationId } = await scene();
    for (let round = 0; round < 10; round++) {
      const leaving = codeOf(server.call(mia, 'leaveConversation', { conversationId }));
      const [, left] = await Promise.all([ban(olga, mia), leaving]);
      expect(['done', 'not_found']).toContain(left);
      await refuses(join(mia), 'banned');
      await unban(olga, mia);
      await join(mia);
    }
  });

  test('two bans of one user, repeated: one entry', async () => {
    const { olga, adam, mia, ban, history, listed } = await scene();
    await Promise.all(Array.from({ length: 10 }, (_, n) => ban(n % 2 === 0 ? olga : adam, mia)));
    expect((await history()).filter(({ kind }) => kind === 'banned')).toHaveLength(1);
    expect(await listed()).toHaveLength(1);
  });

  test('two owners who ban each other: one stays', async () => {
    const { olga, adam, ban, conversationId } = await scene();
    await server.call(olga, 'setRole', { conversationId, userId: adam.account.id, role: 'owner' });
    const outcomes = await Promise.all([codeOf(ban(olga, adam)), codeOf(ban(adam, olga))]);
    expect(outcomes.toSorted()).toEqual(['done', 'not_found']);
    const [stays] = outcomes[0] === 'done' ? [olga] : [adam];
    const { members } = await server.call(stays, 'listMembers', { conversationId });
    expect(members.filter(({ role }) => role === 'owner').map(({ user }) => user.id)).toEqual([stays.account.id]);
  });
});
