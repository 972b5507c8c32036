import { Counter, type Registry } from 'prom-client';
import type { FollowerMetrics } from '../followers/follower-metrics.ts';
import type { Followers } from '../followers/followers.ts';
import type { Clock } from '../platform/clock.ts';
import { SharedCheck } from '../platform/shared-check.ts';
import { within } from '../platform/waiting.ts';
import { measureEach } from './server-metrics.ts';

/** The longest that a scrape waits for the lag of a follower. */
const lagLimitMs = 1_000;

/** Counts the events of followers, for Prometheus. */
export function followerMetrics(registry: Registry): (follower: string) => FollowerMetrics {
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['follower'], registers: [registry] });
  const setAside = counter('parley_follower_set_aside_total', 'Records that a follower could not apply and set aside.');
  const rebuilt = counter('parley_follower_rebuilds_total', 'Partitions that a follower built from the stores.');
  return (follower) => {
    // Start at 0, so that Prometheus sees the first event as an increase.
    for (const each of [setAside, rebuilt]) each.inc({ follower }, 0);
    return { setAside: () => setAside.inc({ follower }), rebuilt: () => rebuilt.inc({ follower }) };
  };
}

/** Measures the lag of the followers in the partitions of this process. */
export function measureFollowers(registry: Registry, { runners }: Followers, clock: Clock): void {
  // Both figures of a scrape come from one read.
  const reads = runners.map((runner) => ({ runner, lag: new SharedCheck(() => runner.lag(), clock) }));
  const lagOf = (figure: 'records' | 'seconds') => () =>
    Promise.all(
      reads.map(async ({ runner, lag }): Promise<readonly [string, number]> => {
        const current = await within(clock, lagLimitMs, lag.outcome()).catch(() => runner.lastLag());
        return [runner.name, current[figure]];
      }),
    );
  const records = {
    name: 'parley_follower_lag_records',
    help: 'Processed commands that a follower has not applied yet.',
  };
  const seconds = { name: 'parley_follower_lag_seconds', help: 'How long a follower has been behind.' };
  measureEach(registry, { ...records, label: 'follower' }, lagOf('records'));
  measureEach(registry, { ...seconds, label: 'follower' }, lagOf('seconds'));
}
