import { afterEach, beforeEach, expect, jest, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import type { History, HistoryRange } from '@parley/sdk';
import type { Chat } from '../src/chat/chat.ts';
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

test('dropping entries at one end leaves no gap to a page that is being loaded for that end', async () => {
  let hold: Promise<void> | null = null;
  const chat = {
    account: { id: 'ana' },
    conversations: new Map([[conversationId, { headSeq, unreadCount: 3_000, membership: { readSeq: 2_000 } }]]),
    follow: () => () => undefined,
    outgoing: { remove: () => undefined },
    request: async (_name: string, _conversationId: string, asked: HistoryRange) => {
      if (asked.from === 'store') return { entries: [], visibleFromSeq: 1, source: 'store', gaps: [] };
      await hold;
      return page(asked);
    },
  } as unknown as Chat;
  const timeline = new Timeline(chat, conversationId);
  const loaded = new Promise<void>((resolve) => {
    timeline.subscribe(() => timeline.view.isLoaded && resolve());
  });
  timeline.open();
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
