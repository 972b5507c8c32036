import { beforeEach, describe, expect, test } from 'bun:test';
import { fewCommands, PartitionLoad, targetMs, type UnderWay } from '../../src/distribution/partition-load.ts';

/** Of one partition: commands come at one rate and are done in order at another, in steps of a millisecond. */
class Simulation {
  readonly waits: number[] = [];
  done = 0;
  refused = 0;
  private nowMs = 0;
  private readonly underWay: UnderWay[] = [];
  private due = 0;
  private capacity = 0;

  constructor(readonly load: PartitionLoad) {}

  run(durationMs: number, rates: { offeredPerSecond: number; donePerSecond: number }): void {
    for (const endMs = this.nowMs + durationMs; this.nowMs < endMs; this.nowMs++) {
      this.due += rates.offeredPerSecond / 1_000;
      for (; this.due >= 1; this.due--) this.offer();
      this.capacity = this.underWay.length === 0 ? 0 : this.capacity + rates.donePerSecond / 1_000;
      for (; this.capacity >= 1 && this.underWay.length > 0; this.capacity--) this.finish();
    }
  }

  clear(): void {
    this.waits.length = 0;
    this.done = 0;
    this.refused = 0;
  }

  private offer(): void {
    if (this.load.isFull(this.nowMs)) {
      this.refused++;
      return;
    }
    const command = { sinceMs: this.nowMs, isDone: false, next: null };
    this.underWay.push(command);
    this.load.begun(command);
  }

  private finish(): void {
    const command = this.underWay.shift();
    if (!command) return;
    this.waits.push(this.nowMs - command.sinceMs);
    this.load.done(command, this.nowMs);
    this.done++;
  }
}

let simulation: Simulation;
beforeEach(() => {
  simulation = new Simulation(new PartitionLoad(1, { count: 0 }));
});

describe.each([2_500, 8_000, 25_000, 100_000])('a partition that does %d commands a second', (donePerSecond) => {
  test.each([1.5, 2, 5, 10])(
    'does as many at %d times as much, and each waits little longer than the target',
    (factor) => {
      const rates = { offeredPerSecond: donePerSecond * factor, donePerSecond };
      simulation.run(3_000, rates);
      simulation.clear();
      simulation.run(5_000, rates);
      expect(simulation.done).toBeGreaterThanOrEqual(donePerSecond * 5 * 0.99);
      expect(Math.max(...simulation.waits)).toBeLessThanOrEqual(targetMs * 1.5);
      expect(simulation.refused).toBeGreaterThan(0);
    },
  );

  test('refuses nothing of four fifths as much, also after an overload', () => {
    simulation.run(5_000, { offeredPerSecond: donePerSecond * 10, donePerSecond });
    simulation.run(1_000, { offeredPerSecond: donePerSecond * 0.8, donePerSecond });
    simulation.clear();
    simulation.run(5_000, { offeredPerSecond: donePerSecond * 0.8, donePerSecond });
    expect(simulation.refused).toBe(0);
  });
});

test('a partition that becomes slower takes fewer commands, and more when it is fast again', () => {
  simulation.run(3_000, { offeredPerSecond: 40_000, donePerSecond: 20_000 });
  const fast = simulation.load.bound;
  simulation.run(5_000, { offeredPerSecond: 40_000, donePerSecond: 4_000 });
  expect(simulation.load.bound).toBeLessThan(fast / 4);
  simulation.run(5_000, { offeredPerSecond: 40_000, donePerSecond: 20_000 });
  expect(simulation.load.bound).toBeGreaterThan(fast * 0.9);
});

test('a burst that is smaller than a batch is never refused, however slow the partition was', () => {
  simulation.run(5_000, { offeredPerSecond: 1_000, donePerSecond: 1 });
  simulation.run(1_000, { offeredPerSecond: 0, donePerSecond: 10_000 });
  simulation.clear();
  simulation.run(1, { offeredPerSecond: fewCommands * 1_000, donePerSecond: 1 });
  expect(simulation.refused).toBe(0);
});

test('time without commands does not count as slow', () => {
  const { bound } = simulation.load;
  for (let burst = 0; burst < 20; burst++) {
    simulation.run(1, { offeredPerSecond: (bound + 10) * 1_000, donePerSecond: 20_000 });
    simulation.run(5_000, { offeredPerSecond: 0, donePerSecond: 20_000 });
  }
  expect(simulation.load.bound).toBeGreaterThanOrEqual(bound);
});

test('the oldest command is the first that is not done', () => {
  const load = new PartitionLoad(1, { count: 0 });
  const [first, second, third] = [10, 20, 30].map((sinceMs): UnderWay => ({ sinceMs, isDone: false, next: null }));
  if (!first || !second || !third) throw new Error('three commands were made');
  expect(load.oldestSinceMs).toBeNull();
  for (const command of [first, second]) load.begun(command);
  load.done(second, 25);
  expect(load.oldestSinceMs).toBe(10);
  load.begun(third);
  load.done(first, 35);
  expect(load.oldestSinceMs).toBe(30);
  load.done(third, 40);
  expect(load.oldestSinceMs).toBeNull();
});

test('one busy partition of many has room for a burst, which it shares with others that are busy', () => {
  const busy = { count: 0 };
  const loads = Array.from({ length: 64 }, () => new PartitionLoad(64, busy));
  const admitted = (load: PartitionLoad) => {
    const commands: UnderWay[] = [];
    while (!load.isFull(0)) {
      const command = { sinceMs: 0, isDone: false, next: null };
      load.begun(command);
      commands.push(command);
    }
    return commands;
  };
  const [first, second, ...others] = loads as [PartitionLoad, PartitionLoad, ...PartitionLoad[]];
  const commands = admitted(first);
  expect(commands).toHaveLength(fewCommands);
  // A partition that is stuck leaves room in the others.
  expect(admitted(second)).toHaveLength(fewCommands / 2);
  for (const load of others) expect(admitted(load).length).toBeGreaterThanOrEqual(64);
  expect(others.at(-1)?.bound).toBe(64);
  for (const command of commands) first.done(command, 0);
  expect(busy.count).toBe(63);
});
