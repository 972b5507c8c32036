import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type OperationId, operations } from '@parley/protocol';
import { systemIds, tokenHash } from '../../../server/src/platform/ids.ts';
import { type Person, RunningServer } from '../../../server/test/support/running-server.ts';
import { type PagedOperation, type ParleyClient, pagesOf } from '../../src/index.ts';

const counts = [51, 201];

let server: RunningServer;
let ana: Person;
let administrator: Person;
/** Creates this number of items of each list for Ana, and returns what each operation must return. */
async function made(count: number) {
  const prefix = `p${count}x`;
  const people = await server.people(prefix, count);
  const userIds = people.map(({ account }) => account.id);
  const group = await server.call(ana, 'createGroup', { name: `Group of ${count}`, userIds: userIds.slice(0, 100) });
  for (let from = 100; from < count; from += 100) {
    await server.call(ana, 'addMembers', { conversationId: group.id, userIds: userIds.slice(from, from + 100) });
  }
  const channelIds: string[] = [];
  for (let index = 0; index < count; index++) {
    const name = `Room ${prefix} ${index}`;
    channelIds.push((await server.call(ana, 'createChannel', { name, clientRequestId: `${prefix}-${index}` })).id);
  }
  const sent = { conversationId: group.id, clientMessageId: 'liked', text: 'liked by everybody' };
  const { seq: messageSeq } = await server.call(ana, 'sendMessage', sent);
  const change = { kind: 'react', emoji: '👍', set: true } as const;
  for (const person of people) {
    const { id: conversationId } = group;
    await server.call(person, 'amendMessage', { conversationId, seq: messageSeq, amendmentId: 'liked', change });
  }
  return { prefix, userIds, groupId: group.id, channelIds, messageSeq };
}

type Made = Awaited<ReturnType<typeof made>>;

/**
 * How the pages of each operation are read, and what they must contain. An operation without a line here fails to
 * compile.
 */
const lists: Record<
  PagedOperation,
  (client: ParleyClient, all: Made) => Promise<{ read: string[]; expected: string[] }>
> = {
  userSearch: async (client, { prefix, userIds }) => ({
    read: await idsOf(pagesOf(client, 'userSearch', { q: prefix }), ({ users }) => users),
    expected: userIds,
  }),
  channelSearch: async (client, { prefix, channelIds }) => ({
    read: await idsOf(pagesOf(client, 'channelSearch', { q: prefix }), ({ channels }) => channels),
    expected: channelIds,
  }),
  listMembers: async (client, { groupId, userIds }) => ({
    read: await idsOf(pagesOf(client, 'listMembers', { conversationId: groupId }), ({ members }) =>
      members.map(({ user }) => user),
    ),
    expected: [ana.account.id, ...userIds],
  }),
  listReactions: async (client, { groupId, userIds, messageSeq: seq }) => ({
    read: await idsOf(
      pagesOf(client, 'listReactions', { conversationId: groupId, seq, emoji: '👍' }),
      ({ users }) => users,
    ),
    expected: userIds,
  }),
  listBans: async (client, { channelIds: [conversationId = ''], userIds }) => {
    for (const userId of userIds) await client.call('banUser', { conversationId, userId });
    return {
      read: await idsOf(pagesOf(client, 'listBans', { conversationId }), ({ bans }) => bans.map(({ user }) => user)),
      expected: userIds,
    };
  },
  getHomepage: async (client, { channelIds, groupId }) => {
    const own = new Set([...channelIds, groupId]);
    const read = await idsOf(pagesOf(client, 'getHomepage', {}), ({ conversations }) => conversations);
    return { read: read.filter((id) => own.has(id)), expected: [...own] };
  },
  listAccounts: async (_, { prefix, userIds }) => ({
    read: await idsOf(pagesOf(await server.client(administrator), 'listAccounts', { q: prefix }), ({ users }) => users),
    expected: userIds,
  }),
};

async function idsOf<Page>(
  pages: AsyncGenerator<Page>,
  itemsOf: (page: Page) => readonly { id: string }[],
): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of pages) ids.push(...itemsOf(page).map(({ id }) => id));
  return ids;
}

async function newAdministrator(): Promise<Person> {
  const nowMs = Date.now();
  const user = {
    id: systemIds.uuid(),
    username: 'admin',
    displayName: 'admin',
    passwordHash: 'none',
    createdAtMs: nowMs,
  };
  const created = await server.adapters.users.create({ user, administrator: true, invitation: null });
  if (typeof created === 'string') throw new Error(created);
  const token = systemIds.token();
  const session = { id: systemIds.uuid(), userId: created.id, device: null, createdAtMs: nowMs, lastUsedAtMs: nowMs };
  await server.adapters.users.createSession(session, tokenHash(token));
  return { account: { id: created.id, username: 'admin', displayName: 'admin', administrator: true }, token };
}

test('every operation with a cursor can be read with pagesOf', () => {
  const withCursor = (Object.keys(operations) as OperationId[]).filter((id) => {
    const { query } = operations[id] as { query?: { def: { shape: object } } };
    return query !== undefined && 'cursor' in query.def.shape;
  });
  expect(Object.keys(lists).toSorted()).toEqual(withCursor.toSorted());
});

describe('pagesOf reads all pages of', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    ana = await server.person('ana');
    administrator = await newAdministrator();
  });
  afterAll(async () => {
    await server.stop();
  });

  for (const count of counts) {
    let all: Made;
    beforeAll(async () => {
      all = await made(count);
    });
    for (const [id, list] of Object.entries(lists)) {
      test(`${id} with ${count}`, async () => {
        const { read, expected } = await list(await server.client(ana), all);
        expect(read.toSorted()).toEqual(expected.toSorted());
      });
    }
  }
});
