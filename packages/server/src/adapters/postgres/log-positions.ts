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

/** Up to where the shard's commands are decided. */
export async function decidedPosition(database: ShardedDatabase, shard: number): Promise<Decided | undefined> {
  const [row] = await database.inShard(
    shard,
    (sql) => sql<LogPositionRow[]>`SELECT shard, log_id, decided_to FROM log_positions WHERE shard = served(${shard})`,
  );
  return row && decidedOf(row);
}

/** Up to where each shard's commands are decided. While a shard is being moved, it may be missing. */
export async function decidedPositions(database: ShardedDatabase): Promise<Map<number, Decided>> {
  const rows = await database.everywhere(
    (sql) => sql<LogPositionRow[]>`
      SELECT shard, log_id, decided_to FROM log_positions JOIN served_shards USING (shard)`,
  );
  return new Map(rows.flat().map((row) => [row.shard, decidedOf(row)]));
}

/** What `writeBatch` takes as `reached`. */
export function reachedRow({ partition, logId, to }: LogReach, facts: Facts): object {
  const before = facts.decided.get(partition);
  return {
    ...{ shard: partition, log_id: logId, decided_to: to },
    ...{ before_log_id: before?.logId ?? null, before_decided_to: before?.to ?? null },
  };
}

/** Gives up what the shard's log lacks: its commands go on from another position, if they are where they were. */
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
