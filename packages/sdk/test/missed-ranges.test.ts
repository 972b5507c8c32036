import { beforeEach, describe, expect, test } from 'bun:test';
import { type ClientFrameOf, type Entry, limits, type ServerFrame } from '@parley/protocol';
import type { ParleyClient } from '../src/index.ts';
import { MissedRanges } from '../src/missed-ranges.ts';
import { message } from './support/entries.ts';
import { FakeApi } from './support/fake-api.ts';
import { idle } from './support/idle.ts';

type Range = ClientFrameOf<'catch_up'>['ranges'][number];

const conversationCount = 200;
const idOf = (index: number) => `01900000-0000-7000-8000-${String(index + 1).padStart(12, '0')}`;
const ids = Array.from({ length: conversationCount }, (_, index) => idOf(index));

let api: FakeApi;
beforeEach(() => {
  api = new FakeApi(conversationCount);
  api.features = ['catch_up'];
});

/** A client that knows these conversations, each with one entry, and is disconnected. */
async function away(known: readonly string[]): Promise<{ client: ParleyClient; shown: Map<string, number[]> }> {
  for (const id of known) api.write(id, 1);
  const client = await api.client();
  client.connect();
  await api.accept();
  expect(client.state.name).toBe('live');
  const shown = new Map<string, number[]>();
  client.on('entry', ({ conversationId, seq }: Entry) => {
    shown.set(conversationId, [...(shown.get(conversationId) ?? []), seq]);
  });
  api.runtime.socket.end(1006);
  return { client, shown };
}

async function comeBack(): Promise<void> {
  api.asked.length = 0;
  await api.runtime.untilReopened();
  await api.accept();
}

const catchUps = () => api.runtime.socket.of('catch_up') as unknown as ClientFrameOf<'catch_up'>[];
const historyRequests = () => api.asked.filter((path) => path.includes('/history'));
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

test('1,000 missed entries in 200 conversations take ten requests, most recent conversations first', async () => {
  const { client, shown } = await away(ids);
  for (const id of ids) api.write(id, 5);
  await comeBack();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual(new Map(ids.map((id) => [id, numbers(2, 6)])));
  expect(catchUps()).toHaveLength(10);
  expect(catchUps().flatMap(({ ranges }) => ranges)).toEqual(
    ids.toReversed().map((conversationId) => ({ conversationId, after: 1, limit: 5 })),
  );
  expect([...shown.keys()]).toEqual(ids.toReversed());
  expect(historyRequests()).toEqual([]);
});

test('a request has at most as many ranges as the server accepts', async () => {
  const { client, shown } = await away(ids);
  for (const id of ids) api.write(id, 1);
  await comeBack();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual(new Map(ids.map((id) => [id, [2]])));
  expect(catchUps().map(({ ranges }) => ranges.length)).toEqual([...Array(6).fill(limits.catchUpRanges), 20]);
});

test('a request names a conversation once; further ranges of it go with the next request', async () => {
  const asked: ClientFrameOf<'catch_up'>['ranges'][] = [];
  const missed = new MissedRanges({
    api: { call: () => Promise.reject(new Error('not by HTTP')) },
    connection: {
      isConnected: true,
      serverFeatures: ['catch_up'],
      async request(frame) {
        if (frame.type !== 'catch_up') throw new Error(`a frame ${frame.type}`);
        asked.push(frame.ranges);
        const pageOf = ({ conversationId, after }: Range) => ({
          ...{ conversationId, entries: [message(after + 1, { conversationId })], headSeq: 9, visibleFromSeq: 1 },
        });
        return { type: 'catch_up', id: '1', pages: frame.ranges.map(pageOf), notFound: [] };
      },
    },
  });
  const [first, second] = [idOf(1), idOf(2)];
  const ranges = [first, second, first, first].map((conversationId, after) => ({ conversationId, after, limit: 1 }));
  const pages = await Promise.all(ranges.map((range) => missed.get(range)));
  expect(pages.map(({ entries }) => entries[0]?.seq)).toEqual([1, 2, 3, 4]);
  expect(asked.map((some) => some.map(({ conversationId }) => conversationId))).toEqual([
    [first, second],
    [first],
    [first],
  ]);
});

test('at most two requests are under way at a time', async () => {
  const { client } = await away(ids);
  for (const id of ids) api.write(id, 5);
  const held: ClientFrameOf<'catch_up'>[] = [];
  api.answerCatchUp = (frame) => void held.push(frame);
  await comeBack();
  for (let answered = 0; answered < 10; answered++) {
    expect(held).toHaveLength(Math.min(2, 10 - answered));
    const next = held.shift();
    if (next) api.runtime.socket.say(api.missed(next));
    await idle();
  }
  expect(client.state.name).toBe('live');
});

test('ranges and entries for which a response has no space are requested again', async () => {
  const known = ids.slice(0, 7);
  const { client, shown } = await away(known);
  for (const id of known) api.write(id, 9);
  api.catchUpEntries = 10;
  await comeBack();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual(new Map(known.map((id) => [id, numbers(2, 10)])));
  expect(historyRequests()).toEqual([]);
});

test('a server of an earlier version is sent a request for each conversation, four at a time', async () => {
  api.features = [];
  const known = ids.slice(0, 9);
  const { client, shown } = await away(known);
  for (const id of known) api.write(id, 2);
  let underWay = 0;
  let most = 0;
  api.intervene = async (url) => {
    if (!url.pathname.endsWith('/history')) return undefined;
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    underWay--;
    return undefined;
  };
  await comeBack();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual(new Map(known.map((id) => [id, [2, 3]])));
  expect(catchUps()).toEqual([]);
  expect(historyRequests()).toEqual(known.toReversed().map((id) => `/v1/conversations/${id}/history?after=1&limit=2`));
  expect(most).toBe(4);
});

test('after a reconnect to a server of an earlier version, and back, each is sent what it accepts', async () => {
  const known = ids.slice(0, 3);
  const { shown } = await away(known);
  for (const [index, features] of [undefined, ['catch_up'], []].entries()) {
    for (const id of known) api.write(id, 1);
    api.features = features;
    await comeBack();
    expect(catchUps()).toHaveLength(features?.includes('catch_up') ? 1 : 0);
    expect(historyRequests()).toHaveLength(features?.includes('catch_up') ? 0 : 3);
    expect(shown).toEqual(new Map(known.map((id) => [id, numbers(2, index + 2)])));
    api.runtime.socket.end(1006);
  }
});

test('a conversation that the user was removed from is forgotten, and the others are shown', async () => {
  const known = ids.slice(0, 3);
  const { client, shown } = await away(known);
  for (const id of known) api.write(id, 1);
  const [gone = ''] = known;
  api.answerCatchUp = (frame) => {
    api.delete(gone);
    return api.missed(frame);
  };
  await comeBack();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual(new Map(known.slice(1).map((id) => [id, [2]])));
  expect(client.conversations.get(gone)).toBeUndefined();
});

describe('a catch-up that is interrupted', () => {
  test('by a lost connection shows the rest after the next one, each entry once', async () => {
    const { client, shown } = await away(ids);
    for (const id of ids) api.write(id, 5);
    let answers = 0;
    api.answerCatchUp = (frame) => (answers++ < 3 ? api.missed(frame) : undefined);
    await comeBack();
    expect(client.state.name).toBe('catching-up');
    expect(shown.size).toBe(60);
    api.runtime.socket.end(1006);
    await idle();
    // Nothing is requested without a connection, in neither way.
    expect(historyRequests()).toEqual([]);
    api.answerCatchUp = (frame) => api.missed(frame);
    await comeBack();
    expect(client.state.name).toBe('live');
    expect(shown).toEqual(new Map(ids.map((id) => [id, numbers(2, 6)])));
    expect(catchUps().flatMap(({ ranges }) => ranges)).toHaveLength(140);
  });

  const refusals: [string, (id: string) => ServerFrame][] = [
    ['a refusal', (id) => ({ type: 'error', id, code: 'rate_limited', message: 'too many', retryAfterMs: 1_000 })],
    ['a response of another type', (id) => ({ type: 'pong', id })],
    ['a response without a page', (id) => ({ type: 'catch_up', id, pages: [], notFound: [] })],
  ];
  for (const [what, refusal] of refusals) {
    test(`by ${what} starts again after a reconnect`, async () => {
      const { client, shown } = await away(ids);
      for (const id of ids) api.write(id, 5);
      let answers = 0;
      api.answerCatchUp = (frame) => (answers++ === 2 ? refusal(frame.id) : api.missed(frame));
      await comeBack();
      expect(client.state.name).toBe('waiting');
      await comeBack();
      expect(client.state.name).toBe('live');
      expect(shown).toEqual(new Map(ids.map((id) => [id, numbers(2, 6)])));
      expect(historyRequests()).toEqual([]);
    });
  }
});

test('contract 5: entries that arrive during the catch-up are shown once, in order', async () => {
  const [id = ''] = ids;
  const { client, shown } = await away([id]);
  api.write(id, 5);
  const held: ClientFrameOf<'catch_up'>[] = [];
  api.answerCatchUp = (frame) => void held.push(frame);
  await comeBack();
  const { socket } = api.runtime;
  const [live] = api.write(id);
  if (live) socket.say({ type: 'entry', entry: live });
  for (const frame of held.splice(0)) socket.say(api.missed(frame));
  await idle();
  expect(client.state.name).toBe('live');
  expect(shown.get(id)).toEqual(numbers(2, 7));
});

test('contract 4: a gap between live entries is filled in the same way, by the missing entries alone', async () => {
  const [id = ''] = ids;
  const { client, shown } = await away([id]);
  await comeBack();
  const [, , last] = api.write(id, 3);
  if (last) api.runtime.socket.say({ type: 'entry', entry: last });
  await idle();
  expect(shown.get(id)).toEqual([2, 3, 4]);
  expect(catchUps().flatMap(({ ranges }) => ranges)).toEqual([{ conversationId: id, after: 1, limit: 2 }]);
  expect(historyRequests()).toEqual([]);
  client.close();
});

test('an entry of a later version keeps its number in a page', async () => {
  const [id = ''] = ids;
  const { client } = await away([id]);
  const seen: Entry[] = [];
  client.on('entry', (entry) => seen.push(entry));
  api.write(id, 2);
  const unknown = { ...message(2, { conversationId: id }), kind: 'poll' } as unknown as Entry;
  api.answerCatchUp = (frame) => {
    const answer = api.missed(frame);
    answer.pages[0]?.entries.splice(0, 1, unknown);
    return answer;
  };
  await comeBack();
  expect(seen).toMatchObject([
    { kind: 'later', seq: 2, original: { kind: 'poll' } },
    { kind: 'message', seq: 3 },
  ]);
});
