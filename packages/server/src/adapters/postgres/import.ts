import type { AnyTable } from '../rows/table.ts';
import { json } from './pool.ts';
import { columnsOf, recordsetOf } from './recordset.ts';
import type { ShardedDatabase } from './sharded-database.ts';

type Row = Record<string, string | number | boolean | null>;

/**
 * Copies rows of one table from another installation; existing rows stay as they are. The rows have the table's columns
 * except the shard, which is derived from the id that `keyOf` returns.
 */
export async function importRows(
  database: ShardedDatabase,
  table: AnyTable,
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): Promise<void> {
  await database.atEach(rows, keyOf, (sql, group) => {
    const sharded = group.map((row) => ({ ...row, shard: database.shardOf(keyOf(row)) }));
    return sql`
      WITH permitted AS MATERIALIZED (
        SELECT all_writable(${database.shardsOf(group.map(keyOf))}::smallint[]) AS shards
      )
      INSERT INTO ${sql(table.name)} (${sql.unsafe(columnsOf(table))})
      SELECT ${sql.unsafe(columnsOf(table))}
      FROM permitted, json_to_recordset(${json(sql, sharded)}) AS imported ${sql.unsafe(recordsetOf(table))}
      WHERE permitted.shards > 0
      ON CONFLICT DO NOTHING`;
  });
}

/** A few existing accounts. */
export async function someUsers(database: ShardedDatabase, limit: number): Promise<string[]> {
  const parts = await database.everywhere(
    (sql) => sql<{ id: string }[]>`SELECT id FROM users ORDER BY id LIMIT ${limit}`,
  );
  return parts.flat().map(({ id }) => id);
}
