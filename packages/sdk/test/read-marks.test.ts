import { beforeEach, expect, test } from 'bun:test';
import type { ServerFrame } from '@parley/protocol';
import { Disconnected, ParleyError } from '../src/index.ts';
import { ReadMarks } from '../src/read-marks.ts';
import { benId, otherRoomId, roomId } from './support/entries.ts';
import { FakeRuntime } from './support/fake-runtime.ts';
import { idle } from './support/idle.ts';

interface Told {
  type: string;
  conversationId: string;
  seq: number;
  readVersion?: number;
  accept(): Promise<void>;
  refuse(error: Error): Promise<void>;
}

let runtime: FakeRuntime;
let told: Told[];
let failures: unknown[];
/** The conversations whose position was read again. */
let reread: string[];
let marks: ReadMarks;
beforeEach(() => {
  runtime = new FakeRuntime();
  told = [];
  failures = [];
  const request = (frame: { type: string; conversationId?: string; seq?: number; readVersion?: number | undefined }) =>
    new Promise<ServerFrame>((resolve, reject) => {
      const { type, conversationId = '', seq = 0, readVersion = 0 } = frame;
      told.push({
        ...{ type, conversationId, seq, readVersion },
        accept: () => {
          resolve({ type: 'read', conversationId, userId: benId, seq, messageCount: seq });
          return idle();
        },
        refuse: (error) => {
          reject(error);
          return idle();
        },
      });
    });
  reread = [];
  marks = new ReadMarks({
    ...{ connection: { request }, runtime, reportFailure: (error) => failures.push(error) },
    saveSession: async () => undefined,
    readVersion: () => 3,
    readAgain: async (conversationId) => reread.push(conversationId),
  });
});

const seqs = () => told.map(({ seq }) => seq);

test('of positions that are set while one is being sent, only the last is sent', async () => {
  for (const seq of [1, 2, 3, 4]) marks.mark(roomId, seq);
  marks.mark(otherRoomId, 9);
  expect(seqs()).toEqual([1, 9]);
  await told[0]?.accept();
  expect(seqs()).toEqual([1, 9, 4]);
  await told[2]?.accept();
  expect(seqs()).toEqual([1, 9, 4]);
});

test('a lower position is not sent', () => {
  marks.mark(roomId, 5);
  marks.mark(roomId, 3);
  expect(seqs()).toEqual([5]);
});

test('after a lost connection, the last position is sent on the next one', async () => {
  marks.mark(roomId, 1);
  await told[0]?.refuse(new Disconnected('cut'));
  marks.mark(roomId, 2);
  await told[1]?.refuse(new Disconnected('not connected'));
  marks.resume();
  expect(seqs()).toEqual([1, 2, 2]);
  await told[2]?.accept();
  marks.resume();
  expect(seqs()).toEqual([1, 2, 2]);
  expect(failures).toEqual([]);
});

test('a position that the server rejects temporarily is sent again after the specified time', async () => {
  marks.mark(roomId, 1);
  await told[0]?.refuse(new ParleyError('rate_limited', 'slowly', null, [], 4_000));
  await runtime.pass(3_999);
  expect(seqs()).toEqual([1]);
  await runtime.pass(1);
  expect(seqs()).toEqual([1, 1]);
  expect(failures).toEqual([]);
});

test('a position that the server rejects permanently is reported and not sent again', async () => {
  const refusal = new ParleyError('forbidden', 'not now');
  marks.mark(roomId, 1);
  await told[0]?.refuse(refusal);
  marks.resume();
  await runtime.pass(60_000);
  expect(seqs()).toEqual([1]);
  expect(failures).toEqual([refusal]);
});

test('a position in a conversation that the user is no longer in is neither reported nor sent again', async () => {
  const refusal = new ParleyError('not_found', 'no such conversation');
  marks.mark(roomId, 1);
  await told[0]?.refuse(refusal);
  marks.resume();
  await runtime.pass(60_000);
  expect(seqs()).toEqual([1]);
  expect(failures).toEqual([]);
});

const sent = () => told.map(({ type, seq, readVersion }) => [type, seq, readVersion]);
const mark = { seq: 5, readSeq: 9, readVersion: 3 };

test('positions have the version of the one that is known', () => {
  marks.mark(roomId, 9);
  expect(sent()).toEqual([['read', 9, 3]]);
});

test('a mark as unread replaces the position that waits, and precedes a later one', async () => {
  for (const seq of [8, 9]) marks.mark(roomId, seq);
  marks.markUnread(roomId, mark);
  marks.mark(roomId, 6);
  await told[0]?.accept();
  expect(marks.settle(roomId, { seq: 4, version: 4 })).toBe(false);
  await told[1]?.accept();
  expect(sent()).toEqual([
    ['read', 8, 3],
    ['unread', 5, 3],
    ['read', 6, 3],
  ]);
  await told[2]?.accept();
  expect([marks.pending.size, marks.unread.size, reread]).toEqual([0, 0, []]);
});

test.each([
  ['an earlier position', { seq: 8, version: 3 }, false, true],
  ['the position of the mark', { seq: 9, version: 3 }, false, true],
  ['the result of the mark', { seq: 4, version: 4 }, false, false],
  ['a later position of the same version', { seq: 10, version: 3 }, true, false],
  ['the result of another mark', { seq: 6, version: 4 }, true, false],
  ['a later version', { seq: 4, version: 5 }, true, false],
])('%s of the server shows whether a mark was ignored, and whether it still waits', (_, point, isIgnored, waits) => {
  marks.pause(false);
  marks.markUnread(roomId, mark);
  marks.mark(roomId, 7);
  expect(marks.settle(roomId, point)).toBe(isIgnored);
  expect([marks.unread.has(roomId), marks.pending.has(roomId)]).toEqual([waits, !isIgnored]);
});

test('after a mark that the server refuses, or that has no effect there, the position is read again', async () => {
  const refusal = new ParleyError('invalid_request', 'no such entry');
  marks.markUnread(roomId, mark);
  await told[0]?.refuse(refusal);
  expect([failures, reread]).toEqual([[refusal], [roomId]]);
  marks.markUnread(roomId, mark);
  await told[1]?.accept();
  expect([marks.unread.size, reread]).toEqual([0, [roomId, roomId]]);
});

test('a mark in a conversation that the user is no longer in is neither reported nor sent again', async () => {
  marks.markUnread(roomId, mark);
  await told[0]?.refuse(new ParleyError('not_found', 'no such conversation'));
  marks.resume();
  expect([told.length, failures, reread]).toEqual([1, [], []]);
});
