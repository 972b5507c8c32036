import { SQLiteError } from 'bun:sqlite';

/** Whether another program holds the lock. */
export function isLocked(error: unknown): boolean {
  return error instanceof SQLiteError && /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(error.code ?? '');
}

/** Whether a failure is one of the disk or the system, which would fail the next write too. */
export function isOfTheStore(error: unknown): boolean {
  return (
    isLocked(error) ||
    (error instanceof SQLiteError && /^SQLITE_(FULL|IOERR|NOMEM|READONLY|CANTOPEN)/.test(error.code ?? ''))
  );
}

/** Why the store cannot be written, for the log. */
export function reasonOf(error: unknown): string {
  if (isLocked(error)) return 'another program holds the write lock of the database';
  const code = error instanceof SQLiteError ? (error.code ?? '') : '';
  if (code === 'SQLITE_FULL') return 'the disk is full';
  return `the disk accepts no writes (${code})`;
}
