import { expect, test } from 'bun:test';
import type { FeedPart } from '../../src/feed/feed-port.ts';
import type { Progress } from '../../src/followers/follower.ts';
import { noFollowerMetrics } from '../../src/followers/follower-metrics.ts';
import { FollowerRunner } from '../../src/followers/follower-runner.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { letTimePassUntil } from './let-time-pass.ts';

/** A runner with two partitions, each in its own store. */
class TwoPartitions {
  readonly clock = new FakeClock();
  /** The partitions whose store is unavailable, and those that cannot be built. */
  readonly away = new Set<number>();
  readonly unbuildable = new Set<number>();
  readonly applied = new Map<number, number>();
  readonly failures: unknown[] = [];
  private readonly parts = new Map<number, FeedPart[]>();
  private readonly progress = new Map<number, Progress>();
  private readonly decidedTo = new Map([0, 1].map((partition) => [partition, 0]));
  private wake: () => void = () => undefined;
  readonly runner = new FollowerRunner({
    follower: {
      name: 'under-test',
      apply: async (fresh) => {
        // Like several servers: the available ones commit even if another one fails.
        for (const { change, records } of fresh) {
          if (this.away.has(change.partition)) continue;
          this.progress.set(change.partition, { ...change.before, to: change.to });
          this.applied.set(change.partition, (this.applied.get(change.partition) ?? 0) + records.length);
        }
        this.check(fresh.map(({ change }) => change.partition));
        return [];
      },
      rebuild: async (partition) => {
        this.check([partition]);
        if (this.unbuildable.has(partition)) throw new Unavailable('the count timed out');
        this.progress.set(partition, this.decided(partition));
      },
    },
    feed: {
      open: async (_follower, wake) => {
        this.wake = wake;
        return {
          partitions: new Set([0, 1]),
          hasMore: false,
          take: async () => [...this.parts.values()].flat(),
          done: (partitions) => {
            for (const partition of partitions) this.parts.delete(partition);
          },
          close: async () => undefined,
        };
      },
    },
    states: {
      read: async (_follower, partitions) => {
        this.check(partitions);
        return new Map(
          partitions.map((each) => [each, { applied: this.progress.get(each), decided: this.decided(each) }]),
        );
      },
      confirm: async (_follower, partitions) => this.check(partitions),
      setAside: () => Promise.reject(new Error('nothing is set aside')),
      report: () => Promise.reject(new Error('not used')),
      reset: () => Promise.reject(new Error('not used')),
    },
    clock: this.clock,
    metrics: noFollowerMetrics,
    reportFailure: (error) => this.failures.push(error),
  });

  decide(partition: number): void {
    const from = this.decided(partition).to;
    this.decidedTo.set(partition, from + 1);
    const record = { conversationId: 'c', seq: from + 1, revision: 0, kind: 'message', position: from, again: false };
    const part = { reach: { partition, logId: 'log', from, to: from + 1 }, epoch: 'e', records: [record] };
    this.parts.set(partition, [...(this.parts.get(partition) ?? []), part]);
    this.wake();
  }

  until(what: string, isSo: () => boolean): Promise<void> {
    return letTimePassUntil(this.clock, what, isSo);
  }

  isBuilt(partition: number): boolean {
    return this.progress.has(partition);
  }

  private decided(partition: number): Progress {
    return { epoch: 'e', logId: 'log', to: this.decidedTo.get(partition) ?? 0 };
  }

  private check(partitions: readonly number[]): void {
    if (partitions.some((partition) => this.away.has(partition))) throw new Unavailable('a server is unavailable');
  }
}

test('a partition whose store is unavailable does not block the others, and its lag is reported', async () => {
  const under = new TwoPartitions();
  await under.runner.start();
  await under.until('both are built', () => under.isBuilt(0) && under.isBuilt(1));
  under.away.add(1);
  for (let count = 1; count <= 10; count++) {
    under.decide(0);
    under.decide(1);
    await under.until('the available partition is applied', () => under.applied.get(0) === count);
  }
  expect((await under.runner.lag()).seconds).toBeGreaterThan(0);
  expect(under.applied.get(1)).toBeUndefined();
  under.away.clear();
  await under.until('the other is applied', () => under.applied.get(1) === 10);
  expect((await under.runner.lag()).records).toBe(0);
  await under.runner.stop();
});

test('a partition that cannot be built does not block the others', async () => {
  const under = new TwoPartitions();
  under.unbuildable.add(1);
  await under.runner.start();
  await under.until('the other is built', () => under.isBuilt(0));
  for (let count = 1; count <= 10; count++) {
    under.decide(0);
    await under.until('the other partition is applied', () => under.applied.get(0) === count);
  }
  expect(under.isBuilt(1)).toBe(false);
  under.unbuildable.clear();
  await under.until('it is built', () => under.isBuilt(1));
  await under.runner.stop();
});
