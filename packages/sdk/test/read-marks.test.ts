import { beforeEach, expect, test } from 'bun:test';
import type { ServerFrame } from '@parley/protocol';
import { Disconnected, ParleyError } from '../src/index.ts';
import { ReadMarks } from '../src/read-marks.ts';
import { benId, otherRoomId, roomId } from './support/entries.ts';
import { FakeRuntime } from './support/fake-runtime.ts';
import { idle } from './support/idle.ts';

interface Told {
  conversationId: string;
  seq: number;
  accept(): Promise<void>;
  refuse(error: Error): Promise<void>;
}

let runtime: FakeRuntime;
let told: Told[];
let failures: unknown[];
let marks: ReadMarks;
beforeEach(() => {
  runtime = new FakeRuntime();
  told = [];
  failures = [];
  const request = (frame: { type: string; conversationId?: string; seq?: number }) =>
    new Promise<ServerFrame>((resolve, reject) => {
      const { conversationId = '', seq = 0 } = frame;
      told.push({
        ...{ conversationId, seq },
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
  marks = new ReadMarks({ request }, runtime, (error) => failures.push(error));
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
  const refusal = new ParleyError('not_found', 'no such conversation');
  marks.mark(roomId, 1);
  await told[0]?.refuse(refusal);
  marks.resume();
  await runtime.pass(60_000);
  expect(seqs()).toEqual([1]);
  expect(failures).toEqual([refusal]);
});
