import { Counter, type Registry } from 'prom-client';
import type { FollowerMetrics } from '../followers/follower-metrics.ts';
import type { Followers } from '../followers/followers.ts';
import type { Clock } from '../platform/clock.ts';
import { within } from '../platform/waiting.ts';
import { measureEach } from './server-metrics.ts';

/** Whoever asks for figures doesn't wait longer for one of them. */
const lagLimitMs = 1_000;

/** Counts what followers do, for Prometheus. */
export function followerMetrics(registry: Registry): (follower: string) => FollowerMetrics {
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['follower'], registers: [registry] });
  const setAside = counter('parley_follower_set_aside_total', 'Records that a follower could not apply.');
  const rebuilt = counter('parley_follower_rebuilds_total', 'Partitions that a follower built from the stores.');
  return (follower) => {
    // What hasn't happened yet is 0, so that its first time is an increase.
    for (const each of [setAside, rebuilt]) each.inc({ follower }, 0);
    return { setAside: () => setAside.inc({ follower }), rebuilt: () => rebuilt.inc({ follower }) };
  };
}

/** How far the followers are behind in the partitions of this process. */
export function measureFollowers(registry: Registry, { runners }: Followers, clock: Clock): void {
  const lagOf = (figure: 'records' | 'seconds') => () =>
    Promise.all(
      runners.map(async (runner): Promise<readonly [string, number]> => {
        const lag = await within(clock, lagLimitMs, runner.lag()).catch(() => runner.lastLag());
        return [runner.name, lag[figure]];
      }),
    );
  const records = { name: 'parley_follower_lag_records', help: 'Decided commands that a follower has not applied.' };
  const seconds = { name: 'parley_follower_lag_seconds', help: 'For how long a follower has been behind.' };
  measureEach(registry, { ...records, label: 'follower' }, lagOf('records'));
  measureEach(registry, { ...seconds, label: 'follower' }, lagOf('seconds'));
}
