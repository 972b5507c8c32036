import { expect, test } from 'bun:test';
import type { ShownEntry } from '../../src/chat/entry-lines.ts';
import { messageLines as linesIn } from '../../src/chat/screen/message-lines.ts';
import { anchorAbove, linesBelow } from '../../src/chat/screen/scroll.ts';

const entries = (fromSeq: number, toSeq: number) =>
  Array.from({ length: toSeq - fromSeq + 1 }, (_, index): ShownEntry => {
    const seq = fromSeq + index;
    return {
      key: `m${seq}`,
      time: '12:00',
      author: 'mira',
      text: `line ${seq} `.repeat(seq % 9),
      failure: '',
      state: 'sent',
    };
  });

const styles = { bold: true, italic: true, strike: true, colour: true };
const messageLines = (shown: readonly ShownEntry[], columns: number) => linesIn(shown, columns, styles);

/** The key of the last visible line. */
const lastVisible = (lines: ReturnType<typeof messageLines>, below: number) => lines[lines.length - 1 - below]?.key;

test('new messages do not move what is read further up', () => {
  const before = messageLines(entries(1, 50), 40);
  const anchor = anchorAbove(before, 17, 30);
  expect(linesBelow(before, anchor)).toBe(17);
  for (const last of [51, 60, 200]) {
    const after = messageLines(entries(1, last), 40);
    expect(lastVisible(after, linesBelow(after, anchor))).toBe(lastVisible(before, 17));
  }
});

test('older messages that are loaded do not move it either', () => {
  const before = messageLines(entries(30, 50), 40);
  const after = messageLines(entries(1, 50), 40);
  expect(linesBelow(after, anchorAbove(before, 9, 30))).toBe(9);
});

test('at the newest line, new messages are followed', () => {
  const lines = messageLines(entries(1, 50), 40);
  expect(linesBelow(messageLines(entries(1, 60), 40), anchorAbove(lines, 0, 30))).toBe(0);
});

test('in a window of another width, the distance from the newest line stays when the line is gone', () => {
  const narrow = messageLines(entries(8, 8), 12);
  const anchor = anchorAbove(narrow, 1, 1);
  expect(linesBelow(messageLines(entries(8, 8), 200), anchor)).toBe(1);
});

test('lines beyond the oldest one are shown when they are loaded', () => {
  const before = messageLines(entries(30, 50), 40);
  const after = messageLines(entries(1, 50), 40);
  expect(linesBelow(after, anchorAbove(before, 30, 20))).toBe(30);
});
