import { beforeEach, describe, expect, test } from 'bun:test';
import { type Conversation, type HistoryRange, MemoryStore, type ParleyClient } from '../src/index.ts';
import { conversation, messages, roomId } from './support/entries.ts';
import { FakeApi, problem } from './support/fake-api.ts';
import { idle } from './support/idle.ts';

let api: FakeApi;
let client: ParleyClient;
let room: Conversation;
beforeEach(async () => {
  api = new FakeApi();
  api.write(roomId, 100);
  const store = new MemoryStore();
  await store.putConversation({ conversation: conversation(100), position: 100 });
  // The entries of a client that had two long absences.
  for (const [from, to] of [
    [21, 30],
    [41, 60],
    [81, 98],
  ] as const)
    await store.putEntries(roomId, messages(from, to));
  client = await api.client(store);
  room = client.conversations.get(roomId) as Conversation;
});

async function answer(range: HistoryRange) {
  const { entries, gaps, source } = await room.history(range);
  return { source, seqs: entries.map(({ seq }) => seq), gaps: gaps.map(({ fromSeq, toSeq }) => [fromSeq, toSeq]) };
}

const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('without a connection, history returns stored entries and their gaps', () => {
  test.each<[string, HistoryRange, number[], number[][]]>([
    ['the newest', { limit: 10 }, upTo(89, 98), [[99, 100]]],
    ['before a number, over a gap', { before: 83, limit: 4 }, [59, 60, 81, 82], [[61, 80]]],
    ['before a number in a gap', { before: 71, limit: 2 }, [59, 60], [[61, 70]]],
    ['before a number, to the start', { before: 23, limit: 5 }, [21, 22], [[1, 20]]],
    ['before everything that is stored', { before: 10, limit: 5 }, [], [[1, 9]]],
    ['after a number, over a gap', { after: 28, limit: 14 }, [29, 30, 41, 42], [[31, 40]]],
    ['after a number in a gap', { after: 60, limit: 5 }, [], [[61, 65]]],
    ['after a number, to the end', { after: 96, limit: 10 }, [97, 98], [[99, 100]]],
    ['after the end', { after: 100 }, [], []],
    ['around a number', { around: 40, limit: 6 }, [27, 28, 29, 30, 41, 42], [[31, 40]]],
  ])('%s', async (_, range, seqs, gaps) => {
    expect(await answer(range)).toEqual({ source: 'store', seqs, gaps });
  });
});

test('with a connection, history returns the server’s entries without gaps, or stored ones on request', async () => {
  client.connect();
  await api.accept();
  await client.live();
  const range = { after: 28, limit: 14 };
  expect(await answer({ ...range, from: 'store' })).toMatchObject({ source: 'store', gaps: [[31, 40]] });
  expect(await answer(range)).toEqual({ source: 'server', seqs: upTo(29, 42), gaps: [] });
  expect(await answer({ ...range, from: 'store' })).toEqual({ source: 'store', seqs: upTo(29, 42), gaps: [] });
});

test('history falls back to the store if the server cannot be reached, but not if it returns an error', async () => {
  client.connect();
  await api.accept();
  await client.live();
  api.intervene = () => {
    throw new TypeError('no network');
  };
  expect(await answer({ after: 28, limit: 14 })).toMatchObject({ source: 'store', gaps: [[31, 40]] });
  api.intervene = () => problem('not_found', 404);
  await expect(room.history()).rejects.toMatchObject({ code: 'not_found' });
});

test('live returns no entry after a gap of the store while the server cannot be reached', async () => {
  client.connect();
  await api.accept();
  await client.live();
  let isAway = true;
  api.intervene = () => {
    if (isAway) throw new TypeError('no network');
    return undefined;
  };
  const live = room.live({ after: 28 });
  const first = live.next();
  await idle();
  await api.runtime.pass(3_000);
  isAway = false;
  await api.runtime.pass(3_000);
  const seqs = [(await first).value?.seq];
  for (let count = 0; count < 15; count++) seqs.push((await live.next()).value?.seq);
  expect(seqs).toEqual(upTo(29, 44));
  await live.return();
});
