import type { Feed } from '../feed/feed-port.ts';
import type { Clock } from '../platform/clock.ts';
import type { FollowerStates } from './follower.ts';
import type { FollowerMetrics } from './follower-metrics.ts';
import { FollowerRunner } from './follower-runner.ts';
import { TotalsFollower } from './totals/totals-follower.ts';
import type { TotalsStore } from './totals/totals-port.ts';

interface FollowersOptions {
  feed: Feed;
  followerStates: FollowerStates;
  totals: TotalsStore;
  clock: Clock;
  metricsOf(follower: string): FollowerMetrics;
  reportFailure(error: unknown): void;
  random(): number;
}

/** Runs all followers in this process. */
export class Followers {
  readonly runners: readonly FollowerRunner[];

  constructor({ feed, followerStates: states, totals, clock, metricsOf, reportFailure, random }: FollowersOptions) {
    this.runners = [new TotalsFollower(totals)].map(
      (follower) =>
        new FollowerRunner({
          ...{ follower, feed, states, clock, metrics: metricsOf(follower.name) },
          ...{ reportFailure, random },
        }),
    );
  }

  /** Starts the followers, without waiting until they have opened the feed. */
  start(): void {
    for (const runner of this.runners) void runner.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop()));
  }
}
