import type { Decided, Facts, LogReach } from '../../history/history-port.ts';
import type { ShardedDatabase } from './sharded-database.ts';

export interface LogPositionRow {
  shard: number;
  log_id: string;
  decided_to: number;
}

export function decidedOf({ log_id, decided_to }: LogPositionRow): Decided {
  return { logId: log_id, to: decided_to };
}

/** The decided position of the log of each of these shards; shards without one are missing. */
export async function decidedPositionsOf(
  database: ShardedDatabase,
  shards: readonly number[],
): Promise<Map<number, Decided>> {
  const rows = await database.atEachShard(
    shards,
    (shard) => shard,
    (sql, group) => sql<LogPositionRow[]>`
      SELECT l.shard, log_id, decided_to FROM unnest(${group}::smallint[]) AS wanted (shard)
      JOIN log_positions l ON l.shard = served(wanted.shard)`,
  );
  return new Map(rows.flat().map((row) => [row.shard, decidedOf(row)]));
}

/** The decided position of each shard's log. A shard may be missing while it is being moved. */
export async function decidedPositions(database: ShardedDatabase): Promise<Map<number, Decided>> {
  const rows = await database.everywhere(
    (sql) => sql<LogPositionRow[]>`
      SELECT shard, log_id, decided_to FROM log_positions JOIN served_shards USING (shard)`,
  );
  return new Map(rows.flat().map((row) => [row.shard, decidedOf(row)]));
}

/** The `reached` row of `writeBatch`. */
export function reachedRow({ partition, logId, to }: LogReach, facts: Facts): object {
  const before = facts.decided.get(partition);
  return {
    ...{ shard: partition, log_id: logId, decided_to: to },
    ...{ before_log_id: before?.logId ?? null, before_decided_to: before?.to ?? null },
  };
}

/** Accepts the loss of what the shard's log lacks: sets its position to another one, if it is unchanged. */
export async function skipTo(
  database: ShardedDatabase,
  shard: number,
  { from, to }: { from: number; to: number },
): Promise<void> {
  await database.inShard(
    shard,
    (sql) => sql`
      UPDATE log_positions SET decided_to = ${to} WHERE shard = writable(${shard}) AND decided_to = ${from}`,
  );
}
