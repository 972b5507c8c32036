import { type Database, SQLiteError } from 'bun:sqlite';
import { Unavailable } from '../../platform/failures.ts';

interface Write {
  run(): unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * The one way to write. What was asked for since the last turn of the event loop is done in one transaction, so that
 * one sync to disk serves all of it; nobody's promise resolves before that sync (contract 1).
 *
 * Commits run on the event loop's own thread: what arrives meanwhile waits in the kernel's socket buffers and is the
 * next transaction. See docs/adr/0002-commit-on-the-event-loop.md for the measurement.
 */
export class GroupCommit {
  private waiting: Write[] = [];
  private scheduled = false;

  constructor(readonly database: Database) {}

  /**
   * Runs `write` in the next transaction; resolves with its result once that is on disk. When `write` throws, nothing
   * of it is kept, others are unharmed, and this rejects with what it threw. Rejects with {@link Unavailable} when the
   * transaction could not be committed: then nothing of it was done.
   */
  run<Result>(write: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.waiting.push({ run: write, resolve: resolve as (result: unknown) => void, reject });
      if (this.scheduled) return;
      this.scheduled = true;
      setImmediate(() => this.commit());
    });
  }

  /** Commits what waits, and closes the database. */
  close(): void {
    this.commit();
    this.database.close();
  }

  private commit(): void {
    const writes = this.waiting;
    this.waiting = [];
    this.scheduled = false;
    if (writes.length === 0) return;
    const settlements: (() => void)[] = [];
    try {
      this.database.run('BEGIN IMMEDIATE');
      for (const write of writes) settlements.push(this.attempt(write));
      this.database.run('COMMIT');
    } catch (cause) {
      if (this.database.inTransaction) this.database.run('ROLLBACK');
      const failure = new Unavailable('the database could not commit', { cause });
      for (const { reject } of writes) reject(failure);
      return;
    }
    for (const settle of settlements) settle();
  }

  /** Runs one write under a savepoint of its own; what is returned tells its caller, after the commit. */
  private attempt(write: Write): () => void {
    this.database.run('SAVEPOINT one');
    try {
      const result = write.run();
      this.database.run('RELEASE one');
      return () => write.resolve(result);
    } catch (error) {
      // Some failures, of a full disk for one, have ended the whole transaction already.
      if (!this.database.inTransaction || isOfTheStore(error)) throw error;
      this.database.run('ROLLBACK TO one');
      this.database.run('RELEASE one');
      return () => write.reject(error);
    }
  }
}

/** Whether a failure is the disk's or the system's, which the next write would meet as well. */
function isOfTheStore(error: unknown): boolean {
  return error instanceof SQLiteError && /^SQLITE_(FULL|IOERR|NOMEM|BUSY|READONLY|CANTOPEN)/.test(error.code ?? '');
}
