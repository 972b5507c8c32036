import { expect, test } from 'bun:test';
import { limits, type MessageEntry } from '@parley/protocol';
import { AmendmentStream, rangeMessagesMax, waitingMax } from '../../src/messaging/amendment-stream.ts';

function message(seq: number, revision: number, text = `text ${revision}`): MessageEntry {
  return {
    kind: 'message',
    ...{
      conversationId: 'c',
      seq,
      messageCount: seq,
      atMs: 1,
      senderId: 's',
      clientMessageId: `${seq}`,
      text,
      revision,
    },
  };
}

/** Takes amendments given as [number of the message, revision]. */
function streamWith(sent: number, ...amendments: [seq: number, revision: number][]): AmendmentStream {
  const stream = new AmendmentStream(sent);
  for (const [seq, revision] of amendments) stream.take(message(seq, revision), revision);
  return stream;
}

test('amendments that wait become one range with the last state of each message, in the order of revisions', () => {
  const stream = streamWith(4, [1, 5], [2, 6], [1, 7]);
  expect(stream.next()).toEqual({
    kind: 'range',
    range: { after: 4, revision: 7, messages: [message(2, 6), message(1, 7)] },
  });
  stream.sentUpTo(7);
  expect(stream.next()).toEqual({ kind: 'nothing' });
});

test('an amendment that was sent is dropped', () => {
  const stream = streamWith(4);
  expect(stream.take(message(1, 4), 4)).toBe(false);
  expect(stream.next()).toEqual({ kind: 'nothing' });
});

test('a range ends before a missing revision, which then has to be read', () => {
  const stream = streamWith(0, [1, 1], [3, 4]);
  expect(stream.next()).toMatchObject({ kind: 'range', range: { revision: 1 } });
  stream.sentUpTo(1);
  expect(stream.next()).toEqual({ kind: 'missing', after: 1, count: 2 });
  stream.take(message(2, 2), 2);
  stream.take(message(2, 3), 3);
  expect(stream.next()).toMatchObject({ kind: 'range', range: { after: 1, revision: 4 } });
});

test('what is read beyond the copies that wait covers them', () => {
  const stream = streamWith(1, [1, 3], [2, 5]);
  stream.sentUpTo(4);
  expect(stream.next()).toMatchObject({ kind: 'range', range: { after: 4, revision: 5 } });
});

test('skipping what is missing continues with the first amendment that waits', () => {
  const stream = streamWith(1, [1, 7], [2, 9]);
  stream.skipMissing();
  expect(stream.next()).toMatchObject({ kind: 'range', range: { after: 6, revision: 7 } });
});

test('a range has a bounded number of messages and of bytes, and at least one message', () => {
  const many = streamWith(0, ...Array.from({ length: 300 }, (_, index): [number, number] => [index + 1, index + 1]));
  const first = many.next();
  expect(first.kind === 'range' && first.range.messages).toHaveLength(rangeMessagesMax);
  const long = new AmendmentStream(0);
  for (const revision of [1, 2, 3]) {
    long.take(message(revision, revision, '語'.repeat(limits.textCodePoints)), revision);
  }
  const next = long.next();
  expect(next.kind === 'range' && next.range.messages.length).toBe(2);
});

test('many amendments of one message are one range', () => {
  const stream = streamWith(0, ...Array.from({ length: 5_000 }, (_, index): [number, number] => [1, index + 1]));
  expect(stream.next()).toEqual({ kind: 'range', range: { after: 0, revision: 5_000, messages: [message(1, 5_000)] } });
});

test('messages beyond the bound are dropped and read later', () => {
  const stream = streamWith(0, ...Array.from({ length: waitingMax + 1 }, (_, i): [number, number] => [i + 1, i + 1]));
  expect(stream.next()).toEqual({ kind: 'missing', after: 0, count: waitingMax + 1 });
  stream.sentUpTo(waitingMax);
  stream.take(message(9, waitingMax + 2), waitingMax + 2);
  expect(stream.next()).toEqual({ kind: 'missing', after: waitingMax, count: 1 });
});
