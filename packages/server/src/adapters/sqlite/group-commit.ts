import type { Database } from 'bun:sqlite';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { Unavailable, type Unwritable } from '../../platform/failures.ts';
import { logFile } from './database.ts';
import { DiskSync } from './disk-sync.ts';
import { isLocked, isOfTheStore } from './sqlite-failures.ts';
import { WriteCondition, type WriteConditionEvents } from './write-condition.ts';

interface Write {
  run(): unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** Before a transaction that found the database locked by another program is tried again. */
const lockRetryMs = 20;
/** Writes wait for another program's lock for at most this long; while it is held beyond, they are refused. */
const lockWaitMs = 5_000;

const silent: WriteConditionEvents = { lost: () => undefined, regained: () => undefined };

/** What a {@link GroupCommit} stands on; each part has a default. */
export interface GroupCommitParts {
  /** Null for a database that isn't on a disk. */
  disk?: Pick<DiskSync, 'sync' | 'close'> | null;
  clock?: Pick<Clock, 'after' | 'monotonicMs'>;
  events?: WriteConditionEvents;
}

/**
 * The one way to write. What was asked for since the last turn of the event loop is done in one transaction, so that
 * one sync to disk serves all of it; nobody's promise resolves before that sync (contract 1).
 *
 * The transaction runs on the event loop's thread and the sync beside it, so that a slow disk holds nobody up but
 * those who wait for it. docs/adr/0002-sync-beside-the-event-loop.md has the reasons and the measurement. Another
 * program's lock is waited for by a timer, never on the thread.
 */
export class GroupCommit {
  private waiting: Write[] = [];
  private scheduled = false;
  /** Resolves when everything that is committed is on disk; null while that is so. */
  private unsynced: Promise<void> | null = null;
  /** Since when attempts have found the write lock held by another program, and when the last one did. */
  private lockedSinceMs = 0;
  private lockMetMs = Number.NEGATIVE_INFINITY;
  /** What comes is refused with this; null while the database is open. */
  private closed: Unavailable | null = null;
  private abandoned = false;

  private readonly disk: Pick<DiskSync, 'sync' | 'close'> | null;
  private readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  private readonly condition: WriteCondition;

  constructor(
    readonly database: Database,
    { disk = diskOf(database), clock = systemClock, events = silent }: GroupCommitParts = {},
  ) {
    this.disk = disk;
    this.clock = clock;
    this.condition = new WriteCondition(clock, events);
  }

  /**
   * Runs `write` in the next transaction; resolves with its result once that is on disk. When `write` throws, nothing
   * of it is kept, others are unharmed, and this rejects with what it threw. Rejects with {@link Unwritable}, within
   * seconds, while the database takes no writes, and with {@link Unavailable} when the transaction could not be
   * committed or the database is closed: in each case nothing of it was done.
   */
  run<Result>(write: () => Result): Promise<Result> {
    const refusal = this.closed ?? this.condition.refusal();
    if (refusal) return Promise.reject(refusal);
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

  /** Commits what waits, and closes the database. A lock of another program is not waited for any more. */
  async close(): Promise<void> {
    this.closed ??= new Unavailable('the database is closed');
    this.commit();
    await this.unsynced;
    this.disk?.close();
    this.database.close();
  }

  /** The database is lost: rejects every write that waits, also for its sync, and every later one. */
  abandon(reason: Unavailable): void {
    this.closed = reason;
    this.abandoned = true;
    this.refuse(this.waiting.splice(0), reason);
  }

  private commit(): void {
    this.scheduled = false;
    if (this.waiting.length === 0 || !this.begin()) return;
    const writes = this.waiting;
    this.waiting = [];
    const settlements: (() => void)[] = [];
    try {
      for (const write of writes) settlements.push(this.attempt(write));
      this.database.run('COMMIT');
    } catch (cause) {
      if (this.database.inTransaction) this.database.run('ROLLBACK');
      this.refuse(writes, this.failureOf(cause));
      return;
    }
    this.condition.succeeded();
    this.settleOnceSynced(writes, settlements);
  }

  /** Whether the transaction began. Otherwise those who wait are refused, or the lock is tried again soon. */
  private begin(): boolean {
    try {
      this.database.run('BEGIN IMMEDIATE');
      this.lockMetMs = Number.NEGATIVE_INFINITY;
      return true;
    } catch (cause) {
      if (isLocked(cause) && !this.closed && this.lockedMs() < lockWaitMs) {
        this.scheduled = true;
        this.clock.after(lockRetryMs, () => this.commit());
      } else {
        this.refuse(this.waiting.splice(0), this.failureOf(cause));
      }
      return false;
    }
  }

  /** How long the lock has been held. One that was not met for a while is taken for another one. */
  private lockedMs(): number {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.lockMetMs > lockWaitMs) this.lockedSinceMs = nowMs;
    this.lockMetMs = nowMs;
    return nowMs - this.lockedSinceMs;
  }

  private failureOf(cause: unknown): Unavailable | Unwritable {
    if (isOfTheStore(cause)) return this.condition.failed(cause);
    return new Unavailable('the database could not commit', { cause });
  }

  private refuse(writes: readonly Write[], failure: Unavailable): void {
    for (const { reject } of writes) reject(failure);
  }

  private settleOnceSynced(writes: readonly Write[], settlements: readonly (() => void)[]): void {
    const settle = () => {
      if (this.abandoned && this.closed) this.refuse(writes, this.closed);
      else for (const each of settlements) each();
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
