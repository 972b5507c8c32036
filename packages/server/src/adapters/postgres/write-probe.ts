import { Unavailable } from '../../platform/failures.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/** Has each server write a record to its log, which nobody reads. Rejects when one takes no writes. */
export async function probeWrites(database: ShardedDatabase): Promise<void> {
  const answers = await database.everywhere(
    (sql) => sql<{ read_only: boolean }[]>`
      SELECT current_setting('transaction_read_only')::boolean AS read_only,
        pg_logical_emit_message(true, 'parley', '') AS written`,
  );
  if (answers.flat().some((answer) => answer.read_only)) throw new Unavailable('a PostgreSQL server is read-only');
}
