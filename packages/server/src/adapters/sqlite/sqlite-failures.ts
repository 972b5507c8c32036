import { SQLiteError } from 'bun:sqlite';

/** Whether another program holds the lock that was wanted. */
export function isLocked(error: unknown): boolean {
  return error instanceof SQLiteError && /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(error.code ?? '');
}

/** Whether a failure is the disk's or the system's, which the next write would meet as well. */
export function isOfTheStore(error: unknown): boolean {
  return (
    isLocked(error) ||
    (error instanceof SQLiteError && /^SQLITE_(FULL|IOERR|NOMEM|READONLY|CANTOPEN)/.test(error.code ?? ''))
  );
}

/** Why the store takes no writes, for the log. */
export function reasonOf(error: unknown): string {
  if (isLocked(error)) return 'another program holds the write lock of the database';
  const code = error instanceof SQLiteError ? (error.code ?? '') : '';
  if (code === 'SQLITE_FULL') return 'the disk is full';
  return `the disk takes no writes (${code})`;
}
