import { totalsFollower } from '../../followers/totals/totals-port.ts';
import type { ShardedDatabase } from './sharded-database.ts';
import { countsOf } from './totals.ts';
import type { Agreement, Fault } from './verify-shards.ts';

interface TotalsRow {
  is_current: boolean;
  is_beyond: boolean;
  kept: string | null;
  counted: string;
  set_aside: number;
  newest_set_aside: string;
}

/** Checks that the totals of a shard equal the counts of its conversations, if the follower is up to date. */
export class TotalsAgreement implements Agreement<number> {
  constructor(private readonly database: ShardedDatabase) {}

  async *keys(shard: number): AsyncGenerator<number[]> {
    yield [shard];
  }

  async faults(shards: readonly number[]): Promise<Map<number, Fault>> {
    const found = new Map<number, Fault>();
    for (const shard of shards) {
      const sentence = await this.faultOf(shard);
      if (sentence !== null) found.set(shard, { sentence, repair: () => this.forget(shard) });
    }
    return found;
  }

  /** Uses one statement, so that the position and the counts are from the same snapshot. */
  private async faultOf(shard: number): Promise<string | null> {
    const [row] = await this.database.inShard(
      shard,
      (sql) => sql<TotalsRow[]>`
        SELECT p.set_aside, p.newest_set_aside,
          p.applied_to = coalesce(l.decided_to, 0) AND p.epoch = coalesce(e.epoch, '')
            AND p.log_id = coalesce(l.log_id, '') AND p.set_aside = 0 AS is_current,
          p.applied_to < 0 OR (p.applied_to > coalesce(l.decided_to, 0) AND p.log_id = coalesce(l.log_id, '')) AS is_beyond,
          (SELECT row_to_json(kept)::text FROM (
            SELECT messages, direct_conversations, groups, channels FROM totals WHERE shard = p.shard) AS kept) AS kept,
          (SELECT row_to_json(counted)::text FROM (
            SELECT ${countsOf(sql)} FROM conversations WHERE shard = p.shard) AS counted) AS counted
        FROM follower_progress p LEFT JOIN log_positions l USING (shard) LEFT JOIN shard_epochs e USING (shard)
        WHERE p.shard = served(${shard}) AND p.follower = ${totalsFollower}`,
    );
    if (!row) return null;
    if (row.is_beyond) return `shard ${shard}: the totals have a position after that of the shard`;
    if (row.set_aside < 0 || !isJson(row.newest_set_aside))
      return `shard ${shard}: the set-aside records cannot be read`;
    if (!row.is_current || row.kept === row.counted) return null;
    return `shard ${shard}: the totals are ${row.kept ?? 'missing'}, the conversations have ${row.counted}`;
  }

  /** Deletes the follower's progress in the shard, so that it builds the shard again. */
  private async forget(shard: number): Promise<void> {
    await this.database.inShard(
      shard,
      (sql) => sql`DELETE FROM follower_progress WHERE shard = writable(${shard}) AND follower = ${totalsFollower}`,
    );
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
