import { afterEach, beforeEach, expect, jest, test } from 'bun:test';
import type { Entry, MessageEntry } from '@parley/protocol';
import type { History, HistoryRange } from '@parley/sdk';
import type { Chat } from '../src/chat/chat.ts';
import type { EntryListener } from '../src/chat/entry-listeners.ts';
import { Timeline } from '../src/conversation/timeline.ts';

const conversationId = 'room';
const headSeq = 5_000;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A page like the server's. Only the numbers of its entries matter. */
function page({ before, after, around, limit = 100 }: HistoryRange): History {
  const from = after !== undefined ? after + 1 : Math.max(1, (before ?? (around ?? headSeq) + limit / 2) - limit);
  const to = Math.min(headSeq, from + limit - 1);
  const entries = Array.from(
    { length: to - from + 1 },
    (_, index) => ({ seq: from + index, kind: 'message' }) as Entry,
  );
  return { entries, visibleFromSeq: 1, source: 'server', gaps: [] };
}

/** A chat that answers requests for history with pages. */
function chatOf(historyOf: (asked: HistoryRange) => History | Promise<History>): Chat {
  return {
    account: { id: 'ana' },
    conversations: new Map([[conversationId, { headSeq, unreadCount: 3_000, membership: { readSeq: 2_000 } }]]),
    follow: () => () => undefined,
    outgoing: { remove: () => undefined },
    quoted: { learn: () => undefined },
    request: async (_name: string, _conversationId: string, asked: HistoryRange) => historyOf(asked),
  } as unknown as Chat;
}

const nothingStored: History = { entries: [], visibleFromSeq: 1, source: 'store', gaps: [] };
const ofServer = (asked: HistoryRange) => (asked.from === 'store' ? nothingStored : page(asked));
const numbersOf = ({ view }: Timeline) => view.entries.map(({ seq }) => seq);
const link = (seq: number | null) => ({ seq, isLink: true });

async function opened(chat: Chat, seq?: number): Promise<Timeline> {
  const timeline = new Timeline(chat, conversationId);
  const loaded = new Promise<void>((resolve) => {
    timeline.subscribe(() => timeline.view.isLoaded && resolve());
  });
  timeline.open(seq === undefined ? null : link(seq));
  await loaded;
  // The load that showed it has ended.
  await timeline.loadOlder();
  return timeline;
}

test('opening at a place loads only the part around it', async () => {
  const asked: HistoryRange[] = [];
  const timeline = new Timeline(
    chatOf((range) => {
      asked.push(range);
      return ofServer(range);
    }),
    conversationId,
  );
  timeline.open(link(4_000));
  await timeline.loadNewer();
  expect(timeline.view.target).toEqual({ seq: 4_000, isLink: true, outcome: 'shown' });
  expect(asked.map(({ around }) => around)).toEqual([4_000, 4_000]);
  expect(numbersOf(timeline)).toContain(4_000);
});

test('a place that is loaded is shown without a request, and one that is not replaces what was loaded', async () => {
  let requests = 0;
  const chat = chatOf((range) => {
    requests++;
    return ofServer(range);
  });
  const timeline = await opened(chat);
  const { generation } = timeline.view;
  const before = requests;
  await timeline.goTo(link(1_990));
  expect([requests, timeline.view.generation]).toEqual([before, generation]);
  await timeline.goTo(link(4_500));
  expect(timeline.view.generation).toBe(generation + 1);
  expect(numbersOf(timeline)).toContain(4_500);
  expect(timeline.view.unreadFrom).toBe(2_001);
});

test('a place that is missing changes nothing else', async () => {
  const timeline = await opened(chatOf(ofServer));
  const before = numbersOf(timeline);
  for (const seq of [headSeq + 1, Number.MAX_SAFE_INTEGER, null]) {
    await timeline.goTo(link(seq));
    expect(timeline.view.target).toEqual({ seq, isLink: true, outcome: 'missing' });
    expect(numbersOf(timeline)).toEqual(before);
  }
});

test('of two places that are requested at once, the later one is shown', async () => {
  const timeline = await opened(chatOf(ofServer));
  await Promise.all([timeline.goTo(link(3_000)), timeline.goTo(link(4_000))]);
  expect(timeline.view.target).toEqual({ seq: 4_000, isLink: true, outcome: 'shown' });
  expect(numbersOf(timeline)).toContain(4_000);
});

test('a place that only the server has is shown after the connection is back, and not after going to the end', async () => {
  let isConnected = true;
  const away = { ...nothingStored, gaps: [{ fromSeq: 1, toSeq: headSeq }] };
  const chat = chatOf((range) => (isConnected ? ofServer(range) : away));
  for (const goesToEnd of [false, true]) {
    isConnected = true;
    const timeline = await opened(chat);
    isConnected = false;
    await timeline.goTo(link(3_500));
    expect(timeline.view.target).toEqual({ seq: 3_500, isLink: true, outcome: 'away' });
    if (goesToEnd) await timeline.loadEnd();
    isConnected = true;
    timeline.retry();
    await timeline.loadOlder();
    await timeline.loadOlder();
    expect([goesToEnd, numbersOf(timeline).includes(3_500)]).toEqual([goesToEnd, !goesToEnd]);
  }
});

test('a stored part with gaps is shown only up to the gaps around the place', async () => {
  const entries = [...page({ around: 3_000, limit: 100 }).entries, ...page({ around: 3_400, limit: 20 }).entries];
  const gaps = [{ fromSeq: 3_050, toSeq: 3_389 }];
  const timeline = await opened(chatOf(() => ({ entries, visibleFromSeq: 1, source: 'store', gaps })));
  await timeline.goTo(link(3_000));
  const numbers = numbersOf(timeline);
  expect([numbers[0], numbers.at(-1)]).toEqual([2_950, 3_049]);
});

test('dropping entries at one end leaves no gap to a page that is being loaded for that end', async () => {
  let hold: Promise<void> | null = null;
  const chat = chatOf(async (asked) => {
    if (asked.from === 'store') return nothingStored;
    await hold;
    return page(asked);
  });
  const timeline = new Timeline(chat, conversationId);
  const loaded = new Promise<void>((resolve) => {
    timeline.subscribe(() => timeline.view.isLoaded && resolve());
  });
  timeline.open(null);
  await loaded;
  for (let count = 0; count < 4; count++) await timeline.loadNewer();
  expect(timeline.view.entries.length).toBeGreaterThan(600);

  let release: () => void = () => undefined;
  hold = new Promise((resolve) => {
    release = resolve;
  });
  const loading = timeline.loadOlder();
  jest.advanceTimersByTime(1_000);
  release();
  await loading;
  await Promise.resolve();
  const numbers = timeline.view.entries.map(({ seq }) => seq);
  expect(numbers).toEqual(Array.from(numbers, (_, index) => (numbers[0] ?? 0) + index));
  expect(numbers.length).toBe(600);
});

test('amended messages replace those in view, and those that arrived while a page was loading', async () => {
  let follower: EntryListener | undefined;
  const newer = Promise.withResolvers<History>();
  const chat = chatOf((asked) => (asked.after === undefined ? ofServer(asked) : newer.promise));
  chat.follow = (_, listener) => {
    follower = listener;
    return () => undefined;
  };
  const timeline = await opened(chat, 4_949);
  const state = (seq: number, text: string) => ({ kind: 'message', seq, text }) as MessageEntry;
  const amend = (messages: MessageEntry[]) =>
    follower?.amended?.({ kind: 'amended', conversationId, messages, reread: false, failure: null });
  const textOf = (seq: number) =>
    timeline.view.entries.flatMap((entry) => (entry.seq === seq && entry.kind === 'message' ? [entry.text] : []));
  amend([state(4_949, 'edited'), state(1, 'not in view')]);
  expect(textOf(4_949)).toEqual(['edited']);
  expect(numbersOf(timeline)).not.toContain(1);

  const last = numbersOf(timeline).at(-1) ?? 0;
  const loaded = timeline.loadNewer();
  follower?.entry(state(headSeq + 1, 'new'));
  amend([state(headSeq + 1, 'new and edited')]);
  newer.resolve(page({ after: last, limit: 200 }));
  await loaded;
  expect(textOf(headSeq + 1)).toEqual(['new and edited']);
});

test('reading again keeps the place of a person who reads further up, or the last entry that still exists', async () => {
  let follower: EntryListener | undefined;
  const chat = chatOf(ofServer);
  chat.follow = (_, listener) => {
    follower = listener;
    return () => undefined;
  };
  const timeline = await opened(chat);
  const news = { kind: 'amended', conversationId, messages: [], reread: true, failure: null } as const;
  const readAgain = [
    ['amendments', () => follower?.amended?.(news), 4_000],
    ['a restore that kept the entry', () => follower?.restored?.(4_500), 4_000],
    ['a restore that lost it', () => follower?.restored?.(3_000), 3_000],
  ] as const;
  for (const [why, begin, seq] of readAgain) {
    timeline.seenSeq = 4_000;
    const { generation } = timeline.view;
    begin();
    await timeline.loadOlder();
    await timeline.loadOlder();
    expect([why, timeline.view.target]).toEqual([why, { seq, isLink: false, outcome: 'shown' }]);
    expect([numbersOf(timeline).includes(seq), timeline.view.generation]).toEqual([true, generation + 1]);
  }
  // At the end, the list follows it.
  timeline.isAtEnd = true;
  follower?.amended?.(news);
  await timeline.loadOlder();
  await timeline.loadOlder();
  expect(timeline.view.target).toBeNull();
});

test('a refused amendment is reported, also if another one follows at once, and too many are read again', async () => {
  let follower: EntryListener | undefined;
  const asked: HistoryRange[] = [];
  const chat = chatOf((range) => {
    asked.push(range);
    return ofServer(range);
  });
  chat.follow = (_, listener) => {
    follower = listener;
    return () => undefined;
  };
  const timeline = await opened(chat);
  const failure = { code: 'message_deleted', message: 'deleted', errors: [] };
  const news = { kind: 'amended', conversationId, messages: [], reread: false, failure: null } as const;
  follower?.amended?.({ ...news, failure });
  expect(timeline.view.refusal).toBe(failure);
  follower?.amended?.(news);
  expect(timeline.view.refusal).toBe(failure);
  const before = asked.length;
  follower?.amended?.({ ...news, reread: true });
  await timeline.loadOlder();
  expect(asked.length).toBeGreaterThan(before);
});
