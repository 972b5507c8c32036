import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Entry, limits, type ServerFrameOf } from '@parley/protocol';
import { catchUpFeature } from '../../src/platform/features.ts';
import { type Person, RunningServer } from '../support/running-server.ts';
import type { WireClient } from '../support/wire-client.ts';

const unknown = '0191d2f0-0000-7000-8000-000000000000';

let server: RunningServer;
let ana: Person;
let ben: Person;
beforeAll(async () => {
  server = await RunningServer.start();
  [ana, ben] = (await server.people('person', 2)) as [Person, Person];
});
afterAll(() => server.stop());

/** Creates a group with Ben, with the entry 1 and these messages. */
async function groupWith(texts: readonly string[], history: 'all' | 'since_joining' = 'all'): Promise<string> {
  const { id } = await server.call(ana, 'createGroup', { name: 'g', history, userIds: [ben.account.id] });
  for (const text of texts) await write(id, text);
  return id;
}

let written = 0;
async function write(conversationId: string, text: string): Promise<void> {
  await server.call(ana, 'sendMessage', { conversationId, clientMessageId: `m${written++}`, text });
}

type Range = { conversationId: string; after: number; limit?: number };

async function missed(client: WireClient, ranges: readonly Range[]): Promise<ServerFrameOf<'catch_up'>> {
  const answer = await client.request({ type: 'catch_up', ranges });
  if (answer.type !== 'catch_up') throw new Error(`the response is ${JSON.stringify(answer)}`);
  return answer;
}

const numbersOf = (answer: ServerFrameOf<'catch_up'>) =>
  answer.pages.map(({ conversationId, entries }) => [conversationId, ...entries.map(({ seq }) => seq)]);
const texts = (count: number, length = 10) => Array.from({ length: count }, (_, n) => `${n}`.padEnd(length, 'x'));

test('welcome names the feature, and one request returns the entries after a number of each conversation', async () => {
  const [first, second] = [await groupWith(texts(3)), await groupWith(texts(2))];
  const client = await server.wire(ben);
  expect((await client.next('welcome')).features).toContain(catchUpFeature);
  const answer = await missed(client, [
    { conversationId: second, after: 0 },
    { conversationId: first, after: 2, limit: 1 },
  ]);
  expect(numbersOf(answer)).toEqual([
    [second, 1, 2, 3],
    [first, 3],
  ]);
  expect(answer.notFound).toEqual([]);
  for (const page of answer.pages) {
    const { conversationId } = page;
    const after = conversationId === first ? 2 : 0;
    const limit = conversationId === first ? 1 : undefined;
    expect(page).toEqual(await server.call(ben, 'getHistory', { conversationId, after, ...(limit && { limit }) }));
  }
  await client.close();
});

test('a range in which nothing is missing has an empty page, also after a number that does not exist', async () => {
  const id = await groupWith(texts(2));
  const other = await groupWith([]);
  const client = await server.wire(ben);
  for (const after of [3, 4, 1_000_000, Number.MAX_SAFE_INTEGER]) {
    const answer = await missed(client, [
      { conversationId: id, after },
      { conversationId: other, after: 0 },
    ]);
    expect(numbersOf(answer)).toEqual([[id], [other, 1]]);
    expect(answer.pages[0]).toMatchObject({ headSeq: 3, visibleFromSeq: 1 });
  }
  await client.close();
});

describe('contract 8: membership is exact', () => {
  test('conversations of others, missing ones and those that the user was removed from are all not found', async () => {
    const { id: foreign } = await server.call(ana, 'createGroup', { name: 'without Ben' });
    const left = await groupWith(texts(2));
    await server.call(ana, 'removeMember', { conversationId: left, userId: ben.account.id });
    await write(left, 'after the removal');
    const own = await groupWith(texts(1));
    const client = await server.wire(ben);
    const ids = [foreign, left, own, unknown];
    const answer = await missed(
      client,
      ids.map((conversationId) => ({ conversationId, after: 0 })),
    );
    expect(numbersOf(answer)).toEqual([[own, 1, 2]]);
    expect(answer.notFound).toEqual([foreign, left, unknown]);
    await client.close();
  });

  test('a direct conversation that the other user opened without a message looks like a missing one', async () => {
    const [opener, partner] = (await server.people('direct', 2)) as [Person, Person];
    const { id } = await server.call(opener, 'openDirect', { userId: partner.account.id });
    const client = await server.wire(partner);
    const range = { conversationId: id, after: 0 };
    expect(await missed(client, [range])).toMatchObject({ pages: [], notFound: [id] });
    await server.call(opener, 'sendMessage', { conversationId: id, clientMessageId: 'first', text: 'hello' });
    expect(numbersOf(await missed(client, [range]))).toEqual([[id, 1, 2]]);
    await client.close();
  });

  test('a user who joined later gets what the history setting allows', async () => {
    const [late] = (await server.people('late', 1)) as [Person];
    const client = await server.wire(late);
    for (const history of ['all', 'since_joining'] as const) {
      const id = await groupWith(texts(3), history);
      await server.call(ana, 'addMembers', { conversationId: id, userIds: [late.account.id] });
      await write(id, 'after joining');
      const answer = await missed(client, [{ conversationId: id, after: 0 }]);
      expect(numbersOf(answer)).toEqual([[id, ...(history === 'all' ? [1, 2, 3, 4, 5, 6] : [5, 6])]]);
      expect(answer.pages[0]?.visibleFromSeq).toBe(history === 'all' ? 1 : 5);
    }
    await client.close();
  });
});

describe('a response is bounded, and repeated requests return everything once and in order', () => {
  const cases: [string, () => string[][], entriesMax: number][] = [
    ['by the number of entries', () => [texts(90), texts(90), texts(90)], limits.catchUpEntries],
    ['by its size, for long texts', () => [texts(20, 9_000), texts(3, 9_000)], 7],
    // Each of these characters takes six bytes as JSON.
    ['by its encoded size', () => [Array(3).fill('\u0001'.repeat(10_000)), ['\u0001'.repeat(10_000)]], 1],
  ];
  for (const [title, conversationsOf, entriesMax] of cases) {
    test(title, async () => {
      const logs = conversationsOf();
      const ids: string[] = [];
      for (const log of logs) ids.push(await groupWith(log));
      const client = await server.wire(ben);
      const got = new Map<string, Entry[]>(ids.map((id) => [id, []]));
      const lacking = new Set(ids);
      for (let requests = 0; lacking.size > 0; requests++) {
        expect(requests).toBeLessThan(50);
        const ranges = [...lacking].map((id) => ({ conversationId: id, after: got.get(id)?.length ?? 0 }));
        const { pages } = await missed(client, ranges);
        const entries = pages.flatMap((page) => page.entries);
        expect(entries.length).toBeGreaterThan(0);
        expect(entries.length).toBeLessThanOrEqual(entriesMax);
        if (entries.length > 1) {
          expect(Buffer.byteLength(JSON.stringify(entries))).toBeLessThanOrEqual(limits.catchUpBytes);
        }
        // Pages are those of the first ranges.
        expect(pages.map(({ conversationId }) => conversationId)).toEqual(
          ranges.slice(0, pages.length).map(({ conversationId }) => conversationId),
        );
        for (const page of pages) {
          got.get(page.conversationId)?.push(...page.entries);
          if ((page.entries.at(-1)?.seq ?? 0) >= page.headSeq) lacking.delete(page.conversationId);
        }
      }
      for (const [index, id] of ids.entries()) {
        const entries = got.get(id) ?? [];
        expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: entries.length }, (_, n) => n + 1));
        expect(entries.flatMap((entry) => (entry.kind === 'message' ? entry.text : []))).toEqual(logs[index] ?? []);
      }
      await client.close();
    });
  }
});

test('each invalid field is refused by name, and the connection stays open', async () => {
  const conversationId = await groupWith([]);
  const range = { conversationId, after: 0 };
  const refused: [unknown, field: string][] = [
    [undefined, '/ranges'],
    [[], '/ranges'],
    [{}, '/ranges'],
    [Array(limits.catchUpRanges + 1).fill(range), '/ranges'],
    [[range, 'x'], '/ranges/1'],
    [[{ ...range, conversationId: 'x' }], '/ranges/0/conversationId'],
    [[{ conversationId }], '/ranges/0/after'],
    [[{ ...range, after: -1 }], '/ranges/0/after'],
    [[{ ...range, after: 1.5 }], '/ranges/0/after'],
    [[{ ...range, after: '1' }], '/ranges/0/after'],
    [[{ ...range, limit: 0 }], '/ranges/0/limit'],
    [[{ ...range, limit: limits.historyPageMax + 1 }], '/ranges/0/limit'],
    [[{ ...range, before: 3 }], '/ranges/0/before'],
    [[range, { ...range, after: 1 }], '/ranges/1/conversationId'],
    [[range, { conversationId: unknown, after: 0 }, range], '/ranges/2/conversationId'],
  ];
  const client = await server.wire(ben);
  for (const [ranges, field] of refused) {
    expect(await client.request({ type: 'catch_up', ranges })).toMatchObject({ code: 'invalid_request', field });
  }
  const others = Array.from({ length: limits.catchUpRanges - 1 }, () => crypto.randomUUID());
  const longest = [conversationId, ...others].map((id) => ({
    conversationId: id,
    after: 0,
    limit: limits.historyPageMax,
  }));
  expect(numbersOf(await missed(client, longest))).toEqual([[conversationId, 1]]);
  await client.close();
});
