import type { Database } from 'bun:sqlite';

/** The epoch of all rows in the database. */
export function epochOf(database: Database): string {
  const row = database.query<{ epoch: string }, []>('SELECT epoch FROM epoch').get();
  if (!row) throw new Error('the database has no epoch');
  return row.epoch;
}

/** Whether this is a copy that has not been opened to serve it. */
export function isCopy(database: Database): boolean {
  return database.query('SELECT 1 FROM epoch WHERE is_copy = 1').get() !== null;
}

/** Assigns a new epoch to a database that is marked as a copy, because the original may have continued. */
export function beginEpochOfCopy(database: Database): void {
  database.run('UPDATE epoch SET epoch = lower(hex(randomblob(16))), is_copy = 0 WHERE is_copy = 1');
}

export function markAsCopy(database: Database): void {
  database.run('UPDATE epoch SET is_copy = 1');
}
