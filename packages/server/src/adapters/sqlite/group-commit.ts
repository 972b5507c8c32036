import { type Database, SQLiteError } from 'bun:sqlite';
import { Unavailable } from '../../platform/failures.ts';
import { logFile } from './database.ts';
import { DiskSync } from './disk-sync.ts';

interface Write {
  run(): unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * The one way to write. What was asked for since the last turn of the event loop is done in one transaction, so that
 * one sync to disk serves all of it; nobody's promise resolves before that sync (contract 1).
 *
 * The transaction runs on the event loop's thread and the sync beside it, so that a slow disk holds nobody up but
 * those who wait for it. docs/adr/0002-sync-beside-the-event-loop.md has the reasons and the measurement.
 */
export class GroupCommit {
  private waiting: Write[] = [];
  private scheduled = false;
  /** Resolves when everything that is committed is on disk; null while that is so. */
  private unsynced: Promise<void> | null = null;

  private closed = false;

  /** `disk` is null for a database that isn't on one. */
  constructor(
    readonly database: Database,
    private readonly disk: Pick<DiskSync, 'sync' | 'close'> | null = diskOf(database),
  ) {}

  /**
   * Runs `write` in the next transaction; resolves with its result once that is on disk. When `write` throws, nothing
   * of it is kept, others are unharmed, and this rejects with what it threw. Rejects with {@link Unavailable} when the
   * transaction could not be committed: then nothing of it was done.
   */
  run<Result>(write: () => Result): Promise<Result> {
    if (this.closed) return Promise.reject(new Unavailable('the database is closed'));
    return new Promise<Result>((resolve, reject) => {
      this.waiting.push({ run: write, resolve: resolve as (result: unknown) => void, reject });
      if (this.scheduled) return;
      this.scheduled = true;
      setImmediate(() => this.commit());
    });
  }

  /**
   * Reads, and resolves once all that the read can have seen is on disk: nobody is shown what a power failure could
   * still take back, and then another entry under the same number (contract 3).
   */
  async read<Result>(read: () => Result): Promise<Result> {
    const result = read();
    if (this.unsynced) await this.unsynced;
    return result;
  }

  /** Commits what waits, and closes the database. */
  async close(): Promise<void> {
    this.closed = true;
    this.commit();
    await this.unsynced;
    this.disk?.close();
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
    this.settleOnceSynced(settlements);
  }

  private settleOnceSynced(settlements: readonly (() => void)[]): void {
    const settle = () => {
      for (const each of settlements) each();
    };
    if (!this.disk) {
      settle();
      return;
    }
    const synced = this.disk.sync().then(() => {
      if (this.unsynced === synced) this.unsynced = null;
      settle();
    });
    this.unsynced = synced;
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

function diskOf(database: Database): DiskSync | null {
  return database.filename === ':memory:' ? null : new DiskSync(logFile(database.filename));
}

/** Whether a failure is the disk's or the system's, which the next write would meet as well. */
function isOfTheStore(error: unknown): boolean {
  return error instanceof SQLiteError && /^SQLITE_(FULL|IOERR|NOMEM|BUSY|READONLY|CANTOPEN)/.test(error.code ?? '');
}
