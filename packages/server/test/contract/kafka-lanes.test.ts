import { expect, test } from 'bun:test';
import { Lanes, type WaitingRecord } from '../../src/adapters/kafka/lanes.ts';
import type { CommandRecord } from '../../src/distribution/command-log-port.ts';
import { type CommandBatch, HistoryRestored, LevelNotSupported } from '../../src/distribution/command-log-port.ts';
import type { LogReach } from '../../src/history/history-port.ts';
import { programLevel, trialLevel } from '../support/trial-feature.ts';
import { until } from '../support/until.ts';
import { BatchHandler, record, requestOf } from './command-log-contract.ts';

function waitingOf(records: readonly CommandRecord[], from = 0): WaitingRecord[] {
  return records.map((each, index) => {
    return { offset: BigInt(from + index), parsed: { kind: 'command', record: each }, bytes: Buffer.alloc(0) };
  });
}

const malformed = { kind: 'malformed', malformed: { reason: 'no command', replyTo: null } } as const;

function lanesOf(
  handle: (batch: CommandBatch) => Promise<void>,
  laneOf: (partition: number) => string,
  setAside: () => Promise<void> = async () => undefined,
  hasRoom: (partition: number) => boolean = () => true,
) {
  const done: [number, bigint][] = [];
  const putBack: [number, bigint][] = [];
  const reported: string[] = [];
  const report = (error: unknown) => {
    reported.push(error instanceof Error ? error.message : String(error));
  };
  const lanes = new Lanes({
    ...{ handle, laneOf, hasRoom, setAside, report },
    putBack: (partition, position) => putBack.push([partition, position]),
    done: (partition, next) => {
      done.push([partition, next]);
    },
  });
  const untilDone = async (partition: number) => {
    await until(`partition ${partition} is done`, () => done.some(([each]) => each === partition));
  };
  const untilReported = async (count: number) => {
    await until(`${count} failures are reported`, () => reported.length >= count);
  };
  return { lanes, done, putBack, reported, untilDone, untilReported };
}

test('a partition without room does not delay the others of its lane, and continues when it has room', async () => {
  const full = new Set([1]);
  const handled: string[] = [];
  const { lanes, reported, untilDone } = lanesOf(
    async ({ records, reaches }) => {
      expect(reaches.filter(({ partition }) => full.has(partition))).toEqual([]);
      handled.push(...records.map(requestOf));
    },
    () => 'one lane',
    undefined,
    (partition) => !full.has(partition),
  );
  const [waiting, other, later] = [record(), record(), record()];
  for (const partition of [1, 2]) lanes.begin(partition, 'log', 0n);
  lanes.put(1, waitingOf([waiting]));
  lanes.put(2, waitingOf([other]));
  await until('the other partition is handled', () => handled.includes(requestOf(other)));
  lanes.put(2, waitingOf([later], 1));
  await until('it is handled again', () => handled.includes(requestOf(later)));
  expect(handled).toEqual([other, later].map(requestOf));
  full.clear();
  await untilDone(1);
  expect(handled).toEqual([other, later, waiting].map(requestOf));
  expect(reported).toEqual([]);
  await lanes.close();
});

test('a failing lane does not delay others, and gets its records again in order', async () => {
  const [failing, other] = [[record(), record()], [record()]];
  let faults = 2;
  const handled: string[][] = [];
  const { lanes, done, untilDone } = lanesOf(
    async ({ records }) => {
      const requests = records.map(requestOf);
      if (failing.some((each) => requests.includes(requestOf(each))) && faults-- > 0) throw new Error('away');
      handled.push(requests);
    },
    (partition) => String(partition),
  );
  lanes.begin(0, 'log', 0n);
  lanes.begin(1, 'log', 0n);
  lanes.put(0, waitingOf(failing));
  lanes.put(1, waitingOf(other));
  await untilDone(0);
  expect(handled.filter(({ length }) => length > 0)).toEqual([other.map(requestOf), failing.map(requestOf)]);
  expect(done).toEqual([
    [1, 1n],
    [0, 2n],
  ]);
  await lanes.close();
});

test('partitions of one lane share a batch of at most 512 records', async () => {
  const handler = new BatchHandler();
  const { lanes } = lanesOf(handler.handle, () => 'all');
  for (const partition of [0, 1]) lanes.begin(partition, 'log', 0n);
  lanes.put(0, waitingOf(Array.from({ length: 500 }, () => record())));
  lanes.put(1, waitingOf(Array.from({ length: 500 }, () => record())));
  await handler.until(() => handler.handled.length === 1_000);
  expect(handler.batches.map((batch) => batch.length)).toEqual([512, 488]);
  await lanes.close();
});

test('a partition that moves to another lane is never in two batches at once', async () => {
  const handler = new BatchHandler();
  const underWay = Promise.withResolvers<void>();
  handler.next = () => underWay.promise;
  let lane = 'old';
  const { lanes, untilDone } = lanesOf(handler.handle, (partition) => (partition === 0 ? lane : 'new'));
  const [first, second, other] = [record(), record(), record()];
  for (const partition of [0, 1]) lanes.begin(partition, 'log', 0n);
  lanes.put(0, waitingOf([first]));
  await handler.until(() => handler.batches.length === 1);
  lane = 'new';
  handler.next = async () => undefined;
  lanes.put(0, waitingOf([second], 1));
  lanes.put(1, waitingOf([other]));
  await untilDone(1);
  expect(handler.handled).toEqual([first, other].map(requestOf));
  underWay.resolve();
  await handler.until(() => handler.handled.length === 3);
  expect(handler.handled).toEqual([first, other, second].map(requestOf));
  await lanes.close();
});

test('a batch that finishes after its partition was dropped is not reported, also when the partition came back', async () => {
  const handler = new BatchHandler();
  const underWay = Promise.withResolvers<void>();
  handler.next = () => underWay.promise;
  const { lanes, done, untilDone } = lanesOf(handler.handle, () => 'all');
  lanes.begin(0, 'log', 6n);
  lanes.put(0, waitingOf([record()], 6));
  await handler.until(() => handler.batches.length === 1);
  lanes.drop(0);
  handler.next = async () => undefined;
  lanes.begin(0, 'log', 20n);
  lanes.put(0, waitingOf([record()], 20));
  underWay.resolve();
  await untilDone(0);
  expect(done).toEqual([[0, 21n]]);
  await lanes.close();
});

test('a malformed record is set aside once, however often its batch comes again', async () => {
  let faults = 3;
  let setAside = 0;
  const { lanes, untilDone } = lanesOf(
    async () => {
      if (faults-- > 0) throw new Error('away');
    },
    () => 'all',
    async () => {
      setAside++;
    },
  );
  lanes.begin(0, 'log', 0n);
  lanes.put(0, [{ offset: 0n, parsed: malformed, bytes: Buffer.from('malformed') }, ...waitingOf([record()], 1)]);
  await untilDone(0);
  expect(faults).toBe(-1);
  expect(setAside).toBe(1);
  await lanes.close();
});

test('batches give their range in each partition, including malformed records', async () => {
  const reaches: LogReach[] = [];
  const positions: (number | undefined)[] = [];
  const { lanes, untilDone } = lanesOf(
    async (batch) => {
      reaches.push(...batch.reaches);
      positions.push(...batch.records.map(({ at }) => at?.position));
    },
    () => 'all',
  );
  lanes.begin(3, 'log', 5n);
  lanes.put(3, [{ offset: 7n, parsed: malformed, bytes: Buffer.from('malformed') }, ...waitingOf([record()], 8)]);
  lanes.put(3, [{ offset: 9n, parsed: malformed, bytes: Buffer.from('malformed') }]);
  await untilDone(3);
  expect(reaches).toEqual([{ partition: 3, logId: 'log', from: 5, to: 10 }]);
  expect(positions).toEqual([8]);
  await lanes.close();
});

test('a partition without records gets one batch that says where it continues', async () => {
  const told = Promise.withResolvers<CommandBatch>();
  const { lanes } = lanesOf(
    async (batch) => told.resolve(batch),
    () => 'all',
  );
  lanes.begin(3, 'log', 5n);
  expect(await told.promise).toEqual({ records: [], reaches: [{ partition: 3, logId: 'log', from: 5, to: 5 }] });
  await lanes.close();
});

test('a partition whose history was restored starts again at its position; others of its lane continue', async () => {
  const handled: LogReach[] = [];
  const { lanes, done, putBack, untilDone } = lanesOf(
    async ({ reaches }) => {
      if (reaches.some(({ partition, from }) => partition === 0 && from > 2)) {
        throw new HistoryRestored(new Map([[0, 2]]));
      }
      handled.push(...reaches);
    },
    () => 'all',
  );
  lanes.begin(0, 'log', 6n);
  lanes.begin(1, 'log', 0n);
  lanes.put(0, waitingOf([record()], 6));
  lanes.put(1, waitingOf([record()]));
  await untilDone(1);
  expect(putBack).toEqual([[0, 2n]]);
  expect(lanes.positions.get(0)).toBe(2n);
  lanes.put(0, waitingOf([record(), record(), record(), record(), record()], 2));
  await untilDone(0);
  expect(done).toContainEqual([0, 7n]);
  expect(handled).toContainEqual(expect.objectContaining({ partition: 0, from: 2 }));
  await lanes.close();
});

const later: WaitingRecord = { offset: 0n, parsed: { kind: 'later', level: trialLevel }, bytes: Buffer.from('later') };

test('a partition stops before a record that needs a later program; earlier records and other partitions are processed', async () => {
  const handler = new BatchHandler();
  const [before, other] = [record(), record()];
  const { lanes, done, reported, untilDone, untilReported } = lanesOf(handler.handle, () => 'all');
  lanes.begin(0, 'log', 0n);
  lanes.put(0, [...waitingOf([before]), { ...later, offset: 1n }, ...waitingOf([record()], 2)]);
  await untilReported(1);
  lanes.begin(1, 'log', 0n);
  lanes.put(1, waitingOf([other]));
  await untilDone(1);
  lanes.put(0, waitingOf([record()], 3));
  lanes.put(1, waitingOf([record()], 1));
  await handler.until(() => handler.handled.length === 3);
  expect(handler.handled.slice(0, 2)).toEqual([before, other].map(requestOf));
  expect(done.filter(([partition]) => partition === 0)).toEqual([[0, 1n]]);
  expect(lanes.positions.get(0)).toBe(1n);
  expect(lanes.stopped).toEqual(new Map([[0, trialLevel]]));
  expect(reported).toEqual([
    `partition 0 stops at position 1: the next record needs feature level ${trialLevel}, and this program supports ${programLevel}: ` +
      'start a newer version, which continues from there',
  ]);
  await lanes.close();
});

test('a partition whose store has a later level stops and is reported once', async () => {
  let isAhead = true;
  let handed = 0;
  const { lanes, done, reported, untilReported } = lanesOf(
    async () => {
      handed++;
      if (isAhead) throw new LevelNotSupported(trialLevel);
    },
    () => 'all',
  );
  lanes.begin(0, 'log', 5n);
  lanes.put(0, waitingOf([record()], 5));
  await untilReported(1);
  lanes.put(0, waitingOf([record()], 6));
  lanes.begin(1, 'log', 0n);
  await untilReported(2);
  expect(handed).toBe(2);
  expect(lanes.stopped).toEqual(
    new Map([
      [0, trialLevel],
      [1, trialLevel],
    ]),
  );
  expect(done).toEqual([]);
  expect(reported[0]).toStartWith('partition 0 stops at position 5');
  // The next consumer of the partition continues there.
  isAhead = false;
  lanes.drop(0);
  lanes.begin(0, 'log', 5n);
  expect(lanes.stopped).toEqual(new Map([[1, trialLevel]]));
  await lanes.close();
});
