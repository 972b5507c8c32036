import type postgres from 'postgres';
import type { ProgressChange } from '../../followers/follower.ts';
import { Unavailable } from '../../platform/failures.ts';
import type { Sql } from './pool.ts';

type Fragment = postgres.PendingQuery<postgres.Row[]>;

/** A change as a row of the parameter `given` of {@link moved}. */
export function changeRow({ partition, before, to }: ProgressChange) {
  const { epoch = '', logId, to: appliedTo } = before;
  return { shard: partition, epoch, log_id: logId, applied_to: appliedTo, next_to: to };
}

/**
 * Parts of a WITH clause. `given` has the changes in `rows`; `moved` advances the follower in the shards where its
 * progress is still the expected one, and returns them.
 */
export function moved(sql: Sql, follower: string, rows: readonly { shard: number }[], given: Fragment): Fragment {
  return sql`
    permitted AS MATERIALIZED (SELECT all_writable(${rows.map(({ shard }) => shard)}::smallint[]) AS shards),
    given AS MATERIALIZED (SELECT g.* FROM permitted, ${given} WHERE permitted.shards > 0),
    moved AS (
      UPDATE follower_progress p SET applied_to = g.next_to,
        current_at = CASE
          WHEN g.next_to >= (SELECT coalesce(max(decided_to), 0) FROM log_positions l WHERE l.shard = p.shard) THEN now()
          ELSE p.current_at
        END
      FROM given g
      WHERE p.shard = g.shard AND p.follower = ${follower}
        AND p.epoch = g.epoch AND p.log_id = g.log_id AND p.applied_to = g.applied_to
      RETURNING p.shard
    )`;
}

/** @throws {Unavailable} if the follower was not advanced in all of the shards. */
export function checkMoved(follower: string, count: number, expected: number): void {
  if (count === expected) return;
  throw new Unavailable(`in ${expected - count} shards, follower ${follower} was reset or another process advanced it`);
}

/** Part of a WITH clause: sets the follower's progress to the position of the shard in the statement's snapshot. */
export function beUpToDate(sql: Sql, follower: string, shard: number): Fragment {
  return sql`
    placed AS (
      INSERT INTO follower_progress
        (shard, follower, epoch, log_id, applied_to, set_aside, newest_set_aside, current_at)
      SELECT writable(${shard}), ${follower},
        coalesce((SELECT epoch FROM shard_epochs WHERE shard = ${shard}), ''),
        coalesce((SELECT log_id FROM log_positions WHERE shard = ${shard}), ''),
        coalesce((SELECT decided_to FROM log_positions WHERE shard = ${shard}), 0),
        0, '[]', now()
      ON CONFLICT (shard, follower) DO UPDATE SET epoch = excluded.epoch, log_id = excluded.log_id,
        applied_to = excluded.applied_to, set_aside = 0, newest_set_aside = '[]', current_at = now()
    )`;
}
