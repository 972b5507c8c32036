import { expect, test } from 'bun:test';
import type { MessageEntry } from '@parley/protocol';
import type { History, HistoryRange } from '@parley/sdk';
import { Quoted } from '../src/chat/quoted.ts';

const conversationId = 'room';
const message = (seq: number, text: string, revision?: number) =>
  ({ kind: 'message', conversationId, seq, text, revision }) as MessageEntry;
const page = (source: History['source'], entries: MessageEntry[], quoted: MessageEntry[] = []): History => ({
  ...{ entries, quoted, source },
  visibleFromSeq: 1,
  gaps: [],
});

/** Quoted messages whose requests are answered in order, and what was asked. */
function quotedWith(answers: (History | Promise<History> | Error)[]) {
  const asked: HistoryRange[] = [];
  let changes = 0;
  let arrived = Promise.withResolvers<void>();
  const history = async (_: string, range: HistoryRange) => {
    asked.push(range);
    const answer = answers.shift();
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('asked once more');
    return answer;
  };
  const quoted = new Quoted(history, () => {
    changes++;
    arrived.resolve();
    arrived = Promise.withResolvers();
  });
  return { quoted, asked, changed: () => arrived.promise, changeCount: () => changes };
}

/** Lets everything that is already possible happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

test('a message is requested once: from the store, and else from the server', async () => {
  const { quoted, asked, changed } = quotedWith([page('store', []), page('server', [message(3, 'hello')])]);
  expect([quoted.of(conversationId, 3), quoted.of(conversationId, 3)]).toEqual([undefined, undefined]);
  await changed();
  expect(quoted.of(conversationId, 3)?.text).toBe('hello');
  expect(asked).toEqual([
    { around: 3, limit: 1, from: 'store' },
    { around: 3, limit: 1 },
  ]);
});

test('a message of a page, or one that was amended while it was requested, is not replaced by an older state', async () => {
  const late = Promise.withResolvers<History>();
  const { quoted, changed } = quotedWith([late.promise]);
  quoted.of(conversationId, 3);
  await settle();
  quoted.amended(conversationId, [message(3, 'edited', 7), message(4, 'not quoted', 8)]);
  late.resolve(page('store', [message(3, 'hello')]));
  await changed();
  expect(quoted.of(conversationId, 3)?.text).toBe('edited');
  quoted.learn(page('server', [], [message(3, 'older', 6), message(5, 'brought')]));
  expect(quoted.of(conversationId, 3)?.text).toBe('edited');
  expect(quoted.of(conversationId, 5)?.text).toBe('brought');
  quoted.learn(page('server', [], [message(3, 'newer', 9)]));
  expect(quoted.of(conversationId, 3)?.text).toBe('newer');
  // An amendment that was refused has no revision of its own.
  quoted.amended(conversationId, [message(3, 'as before', 7)]);
  expect(quoted.of(conversationId, 3)?.text).toBe('as before');
});

test('a number is without a message only if the server says so; after a lost connection it is requested again', async () => {
  const { quoted, asked, changed, changeCount } = quotedWith([
    page('store', []),
    page('store', []),
    new Error('disconnected'),
    page('store', []),
    page('server', []),
  ]);
  for (const round of [1, 2]) {
    quoted.of(conversationId, 9);
    await settle();
    expect([quoted.of(conversationId, 9), changeCount(), asked.length]).toEqual([undefined, 0, round + 1]);
    quoted.connected();
  }
  quoted.of(conversationId, 9);
  await changed();
  expect(quoted.of(conversationId, 9)).toBeNull();
  quoted.forget(conversationId);
  expect(quoted.of(conversationId, 9)).toBeUndefined();
});
