import { expect, test } from 'bun:test';
import { ActivityTimes } from '../../src/distribution/activity-times.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** Partitions that are looked through, in their order; looking fails for those in `away`. */
function watching(partitions: readonly number[], away: ReadonlySet<number> = new Set()) {
  const clock = new FakeClock();
  const looked: number[] = [];
  const failures: unknown[] = [];
  const times = new ActivityTimes({
    history: {
      settleActivity: async (partition) => {
        looked.push(partition);
        if (away.has(partition)) throw new Error('the database is away');
        return 0;
      },
    },
    clock,
    owned: () => new Set(partitions),
    settled: () => undefined,
    reportFailure: (error) => failures.push(error),
  });
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { clock, looked, failures, times, settled };
}

test('a partition whose database is away is tried again, and holds up no other one', async () => {
  const away = new Set([0]);
  const { clock, looked, failures, settled } = watching([0, 1, 2], away);
  await settled();
  expect(looked).toEqual([0, 1, 2]);
  expect(failures).toHaveLength(1);
  away.clear();
  clock.advance(1_000);
  await settled();
  clock.advance(1_000);
  await settled();
  expect(looked).toEqual([0, 1, 2, 0]);
});

test('however many entries show a clock that was ahead, partitions are looked through once in an interval', async () => {
  const { clock, looked, times, settled } = watching([0]);
  await settled();
  for (let batch = 0; batch < 10; batch++) {
    times.entryWasAhead();
    await settled();
  }
  expect(looked).toEqual([0]);
  clock.advance(1_000);
  await settled();
  expect(looked).toEqual([0, 0]);
});

test('when the clock was set back, partitions are looked through at once', async () => {
  const { looked, times, settled } = watching([0, 1]);
  await settled();
  times.clockWentBack({ withinMs: 0 });
  await settled();
  expect(looked).toEqual([0, 1, 0, 1]);
});
