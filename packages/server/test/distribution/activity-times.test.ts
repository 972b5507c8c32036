import { expect, test } from 'bun:test';
import { ActivityTimes } from '../../src/distribution/activity-times.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';

/** The partitions that are examined, in order; the examination fails for those in `away`. */
function watching(partitions: readonly number[], away: ReadonlySet<number> = new Set()) {
  const clock = new FakeClock();
  const owned = new Set(partitions);
  const looked: number[] = [];
  const failures: unknown[] = [];
  const times = new ActivityTimes({
    history: {
      settleActivity: async (partition) => {
        looked.push(partition);
        if (away.has(partition)) throw new Error('the database is unavailable');
        return 0;
      },
    },
    clock,
    owned: () => owned,
    settled: () => undefined,
    reportFailure: (error) => failures.push(error),
  });
  const untilLooked = (partition: number) =>
    until(`partition ${partition} is examined`, () => looked.includes(partition));
  /** Resolves when everything due before has been examined: another partition is examined after it. */
  const nextRound = async () => {
    const last = Math.max(...owned) + 1;
    owned.add(last);
    await until(`partition ${last} is examined`, () => {
      if (!looked.includes(last)) clock.advance(1_000);
      return looked.includes(last);
    });
    return looked.filter((partition) => partitions.includes(partition));
  };
  return { looked, failures, times, untilLooked, nextRound };
}

test('a partition whose database is unavailable is retried, and does not delay others', async () => {
  const away = new Set([0]);
  const { looked, failures, untilLooked, nextRound } = watching([0, 1, 2], away);
  await untilLooked(2);
  expect(looked).toEqual([0, 1, 2]);
  expect(failures).toHaveLength(1);
  away.clear();
  expect(await nextRound()).toEqual([0, 1, 2, 0]);
  expect(await nextRound()).toEqual([0, 1, 2, 0]);
  expect(failures).toHaveLength(1);
});

test('partitions are examined once in an interval, however many entries show a clock that was ahead', async () => {
  const { times, untilLooked, nextRound } = watching([0]);
  await untilLooked(0);
  for (let batch = 0; batch < 10; batch++) times.entryWasAhead();
  expect(await nextRound()).toEqual([0, 0]);
  expect(await nextRound()).toEqual([0, 0]);
});

test('partitions are examined at once when the clock was set back', async () => {
  const { looked, times, untilLooked } = watching([0, 1]);
  await untilLooked(1);
  times.clockWentBack({ withinMs: 0 });
  await until('both are examined again', () => looked.length === 4);
  expect(looked).toEqual([0, 1, 0, 1]);
});
