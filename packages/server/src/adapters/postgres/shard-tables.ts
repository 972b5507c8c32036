import { Unusable } from '../../platform/failures.ts';
import { postgresTables } from '../rows/tables.ts';
import type { Pool } from './pool.ts';

const staying = new Set(
  postgresTables.filter(({ description }) => description.placement === 'its server').map(({ name }) => name),
);

/**
 * The tables with rows of shards, from the server's catalog: those of this version, and those that a later version's
 * step added, whose rows must be moved too.
 *
 * @throws {Unusable} for a table whose key does not start with the shard: replication would block its writes.
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
        'its rows cannot be moved; if it is not a table of Parley, move it to another schema',
    );
  }
  return moving.map(({ name }) => name);
}
