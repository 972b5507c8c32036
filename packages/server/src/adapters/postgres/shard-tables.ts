import { Unusable } from '../../platform/failures.ts';
import { postgresTables } from '../rows/tables.ts';
import type { Pool } from './pool.ts';

const staying = new Set(
  postgresTables.filter(({ description }) => description.placement === 'its server').map(({ name }) => name),
);

/**
 * The tables with rows of shards, as the server itself lists them: those of this version, and those that a later
 * version's step has made beside it, whose rows must not be left behind.
 *
 * @throws {Unusable} for a table whose key does not begin with the shard: replication would hold up its writes.
 */
export async function shardTables(pool: Pool): Promise<string[]> {
  const found = await pool.run(
    (sql) => sql<{ name: string; is_keyed: boolean }[]>`
      SELECT c.relname AS name, EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indkey[0] = a.attnum
      ) AS is_keyed
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'shard' AND NOT a.attisdropped
      WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' ORDER BY c.relname`,
  );
  const moving = found.filter(({ name }) => !staying.has(name));
  const unkeyed = moving.find((table) => !table.is_keyed);
  if (unkeyed) {
    throw new Unusable(
      `table ${unkeyed.name} of PostgreSQL server ${pool.name} has no primary key that begins with the shard: ` +
        'its rows can not be moved; if it is not of Parley, take it out of its schema',
    );
  }
  return moving.map(({ name }) => name);
}
