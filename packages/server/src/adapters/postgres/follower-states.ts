import {
  type FollowerName,
  type FollowerReport,
  type FollowerStates,
  type Progress,
  type ProgressChange,
  type SetAsideRecord,
  setAsideKept,
} from '../../followers/follower.ts';
import { changeRow, checkMoved } from './follower-progress.ts';
import type { ShardedDatabase } from './sharded-database.ts';

interface ProgressRow {
  shard: number;
  epoch: string | null;
  log_id: string | null;
  applied_to: number | null;
  store_epoch: string;
  store_log_id: string;
  decided_to: number;
}

interface ReportRow {
  position: number;
  lag_records: number;
  lag_seconds: number;
  unbuilt: number;
  set_aside: number;
  newest: string | null;
}

/** The progress of followers in the logical shards, which are the partitions of the feed. */
export class PostgresFollowerStates implements FollowerStates {
  constructor(private readonly database: ShardedDatabase) {}

  async read(
    follower: string,
    partitions: readonly number[],
  ): Promise<Map<number, { applied: Progress | undefined; decided: Progress }>> {
    const rows = await this.database.atEachShard(
      partitions,
      (shard) => shard,
      (sql, shards) => sql<ProgressRow[]>`
        SELECT w.shard, p.epoch, p.log_id, p.applied_to, coalesce(e.epoch, '') AS store_epoch,
          coalesce(l.log_id, '') AS store_log_id, coalesce(l.decided_to, 0)::bigint AS decided_to
        FROM (SELECT served(each) AS shard FROM unnest(${shards}::smallint[]) AS each) AS w
          LEFT JOIN follower_progress p ON p.shard = w.shard AND p.follower = ${follower}
          LEFT JOIN shard_epochs e ON e.shard = w.shard
          LEFT JOIN log_positions l ON l.shard = w.shard`,
    );
    return new Map(
      rows.flat().map((row) => {
        const { epoch, log_id: logId, applied_to: to } = row;
        const isBuilt = epoch !== null && logId !== null && to !== null;
        return [
          row.shard,
          {
            applied: isBuilt ? { epoch, logId, to } : undefined,
            decided: { epoch: row.store_epoch, logId: row.store_log_id, to: row.decided_to },
          },
        ];
      }),
    );
  }

  async setAside(follower: string, change: ProgressChange, record: SetAsideRecord): Promise<void> {
    const [noted] = await this.database.inShard(
      change.partition,
      (sql, shard) => sql<{ newest: string }[]>`
        SELECT newest_set_aside AS newest FROM follower_progress WHERE shard = served(${shard}) AND follower = ${follower}`,
    );
    const kept = JSON.parse(noted?.newest ?? '[]') as SetAsideRecord[];
    const newest = JSON.stringify([record, ...kept].slice(0, setAsideKept));
    const { epoch, log_id: logId, applied_to: appliedTo, next_to: nextTo } = changeRow(change);
    const { count } = await this.database.inShard(
      change.partition,
      (sql, shard) => sql`
        UPDATE follower_progress
        SET applied_to = ${nextTo}, current_at = now(), set_aside = set_aside + 1, newest_set_aside = ${newest}
        WHERE shard = writable(${shard}) AND follower = ${follower}
          AND epoch = ${epoch} AND log_id = ${logId} AND applied_to = ${appliedTo}`,
    );
    checkMoved(follower, count, 1);
  }

  async confirm(follower: string, partitions: readonly number[]): Promise<void> {
    await this.database.atEachShard(
      partitions,
      (shard) => shard,
      (sql, shards) => sql`
        UPDATE follower_progress p SET current_at = now()
        FROM (SELECT writable(each) AS shard FROM unnest(${shards}::smallint[]) AS each) AS w
          LEFT JOIN log_positions l ON l.shard = w.shard
        WHERE p.shard = w.shard AND p.follower = ${follower} AND p.applied_to >= coalesce(l.decided_to, 0)`,
    );
  }

  async report(follower: FollowerName): Promise<FollowerReport> {
    const parts = await this.database.everywhere(
      (sql) => sql<ReportRow[]>`
        WITH here AS (
          SELECT s.shard, p.applied_to, p.set_aside, p.newest_set_aside, p.current_at,
            greatest(0, coalesce(l.decided_to, 0) - coalesce(p.applied_to, 0)) AS lag
          FROM served_shards s
            LEFT JOIN follower_progress p ON p.shard = s.shard AND p.follower = ${follower}
            LEFT JOIN log_positions l ON l.shard = s.shard
        )
        SELECT coalesce(sum(applied_to), 0)::bigint AS position, coalesce(sum(lag), 0)::bigint AS lag_records,
          coalesce(max(extract(epoch FROM now() - current_at)) FILTER (WHERE lag > 0), 0)::float8 AS lag_seconds,
          count(*) FILTER (WHERE applied_to IS NULL) AS unbuilt, coalesce(sum(set_aside), 0)::bigint AS set_aside,
          string_agg(newest_set_aside, ',') FILTER (WHERE set_aside > 0) AS newest
        FROM here`,
    );
    const rows = parts.flat();
    const sum = (column: 'position' | 'lag_records' | 'unbuilt' | 'set_aside') =>
      rows.reduce((total, row) => total + row[column], 0);
    return {
      ...{ name: follower, position: sum('position'), lagRecords: sum('lag_records') },
      ...{ lagSeconds: Math.max(0, ...rows.map((row) => row.lag_seconds)), unbuiltPartitions: sum('unbuilt') },
      setAside: sum('set_aside'),
      newestSetAside: rows.flatMap(({ newest }) => (JSON.parse(`[${newest ?? ''}]`) as SetAsideRecord[][]).flat()),
    };
  }

  async reset(follower: string): Promise<void> {
    const shards = Array.from({ length: this.database.shards }, (_, shard) => shard);
    await this.database.atEachShard(
      shards,
      (shard) => shard,
      (sql, group) => sql`
        DELETE FROM follower_progress p USING (SELECT writable(each) AS shard FROM unnest(${group}::smallint[]) AS each) AS w
        WHERE p.shard = w.shard AND p.follower = ${follower}`,
    );
  }
}
