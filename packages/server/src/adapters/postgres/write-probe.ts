import { Unavailable } from '../../platform/failures.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/** Writes a record that nobody reads to the log of each server. Rejects when a server cannot be written. */
export async function probeWrites(database: ShardedDatabase): Promise<void> {
  const answers = await database.everywhere(
    (sql) => sql<{ read_only: boolean }[]>`
      SELECT current_setting('transaction_read_only')::boolean AS read_only,
        pg_logical_emit_message(true, 'parley', '') AS written`,
  );
  if (answers.flat().some((answer) => answer.read_only)) throw new Unavailable('a PostgreSQL server is read-only');
}
