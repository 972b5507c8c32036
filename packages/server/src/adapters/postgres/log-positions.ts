import type { Decided, Facts, LogReach } from '../../history/history-port.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/** Up to where each shard's commands are decided: written with what was decided, or not at all. */
export const logPositionsTable = `
  CREATE TABLE log_positions (
    shard smallint NOT NULL,
    log_id text NOT NULL,
    decided_to bigint NOT NULL,
    PRIMARY KEY (shard)
  ) WITH (fillfactor = 50);`;

/**
 * As `apply_changes`, and moves the shards' positions on, if they are still where they were when it was decided; raises
 * PA002, and nothing is written, otherwise.
 */
export const applyBatch = `
  CREATE FUNCTION apply_batch(
    of_shards smallint[], made json, changed json, places json, log json, terms json, reached json)
  RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    moved bigint;
  BEGIN
    IF reached IS NOT NULL THEN
      WITH wanted AS (
        SELECT * FROM json_to_recordset(reached) AS r (
          shard smallint, log_id text, decided_to bigint, before_log_id text, before_decided_to bigint)
      ), first AS (
        INSERT INTO log_positions SELECT shard, log_id, decided_to FROM wanted WHERE before_log_id IS NULL
          RETURNING 1
      ), next AS (
        UPDATE log_positions p SET (log_id, decided_to) = (w.log_id, w.decided_to) FROM wanted w
          WHERE p.shard = w.shard AND p.log_id = w.before_log_id AND p.decided_to = w.before_decided_to
          RETURNING 1
      )
      SELECT (SELECT count(*) FROM first) + (SELECT count(*) FROM next) INTO moved;
      IF moved <> json_array_length(reached) THEN
        RAISE EXCEPTION 'another distributor has decided of the same log' USING ERRCODE = 'PA002';
      END IF;
    END IF;
    PERFORM apply_changes(of_shards, made, changed, places, log, terms);
  END $$;`;

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
    (sql) => sql<LogPositionRow[]>`SELECT * FROM log_positions WHERE shard = served(${shard})`,
  );
  return row && decidedOf(row);
}

/** Up to where each shard's commands are decided. While a shard is being moved, it may be missing. */
export async function decidedPositions(database: ShardedDatabase): Promise<Map<number, Decided>> {
  const rows = await database.everywhere(
    (sql) => sql<LogPositionRow[]>`SELECT * FROM log_positions JOIN served_shards USING (shard)`,
  );
  return new Map(rows.flat().map((row) => [row.shard, decidedOf(row)]));
}

/** What `apply_batch` takes as `reached`. */
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
