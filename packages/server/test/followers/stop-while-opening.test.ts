import { expect, test } from 'bun:test';
import { noFollowerMetrics } from '../../src/followers/follower-metrics.ts';
import { FollowerRunner } from '../../src/followers/follower-runner.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';
import { letTimePassUntil } from './let-time-pass.ts';

/** A runner whose feed opens when the test lets it. */
function runnerUnderTest() {
  const clock = new FakeClock();
  const opens = Promise.withResolvers<void>();
  const failures: unknown[] = [];
  let closed = 0;
  const runner = new FollowerRunner({
    follower: { name: 'under-test', apply: async () => [], rebuild: async () => undefined },
    feed: {
      open: async () => {
        await opens.promise;
        return {
          partitions: new Set([0]),
          hasMore: false,
          take: async () => [],
          done: () => undefined,
          close: async () => void closed++,
        };
      },
    },
    states: { read: async () => new Map(), setAside: async () => undefined } as never,
    clock,
    metrics: noFollowerMetrics,
    reportFailure: (error) => failures.push(error),
  });
  return { clock, runner, opens, failures, closedTimes: () => closed };
}

test('a feed that opens after the runner has stopped is closed', async () => {
  const { clock, runner, opens, closedTimes } = runnerUnderTest();
  const started = runner.start();
  let isStopped = false;
  const stopped = runner.stop().then(() => {
    isStopped = true;
  });
  await letTimePassUntil(clock, 'the runner has stopped', () => isStopped);
  await stopped;
  opens.resolve();
  await started;
  expect(closedTimes()).toBe(1);
});

test('a feed that opens while the runner stops is closed once', async () => {
  const { runner, opens, failures, closedTimes } = runnerUnderTest();
  const started = runner.start();
  const stopped = runner.stop();
  opens.resolve();
  await Promise.all([started, stopped]);
  await until('the feed is closed', () => closedTimes() > 0);
  expect(closedTimes()).toBe(1);
  expect(failures).toEqual([]);
});
