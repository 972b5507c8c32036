import type { Database } from 'bun:sqlite';
import { type Clock, type NextTurn, setImmediateTurn, systemClock } from '../../platform/clock.ts';
import { Unavailable, type Unwritable } from '../../platform/failures.ts';
import type { Checkpoints } from './checkpoints.ts';
import { logFile } from './database.ts';
import { DiskSync } from './disk-sync.ts';
import { isLocked, isOfTheStore } from './sqlite-failures.ts';
import { WriteCondition, type WriteConditionEvents } from './write-condition.ts';

interface Write {
  run(): unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** The pause before a transaction that found the database locked by another program is retried. */
const lockRetryMs = 20;
/** Writes wait for another program's lock for at most this long, and are refused while it is held longer. */
const lockWaitMs = 5_000;

const silent: WriteConditionEvents = { lost: () => undefined, regained: () => undefined };

/** The dependencies of a {@link GroupCommit}; each has a default. */
export interface GroupCommitParts {
  /** Null for an in-memory database. */
  disk?: Pick<DiskSync, 'sync' | 'close'> | null;
  /** Null where SQLite checkpoints within a commit. */
  checkpoints?: Checkpoints | null;
  clock?: Pick<Clock, 'after' | 'monotonicMs'>;
  events?: WriteConditionEvents;
  nextTurn?: NextTurn;
}

/**
 * All writes go through this class. The writes of one turn of the event loop are one transaction, so that one sync to
 * disk serves all of them; no promise resolves before that sync (contract 1).
 *
 * The transaction runs on the event loop's thread and the sync off it, so that a slow disk delays only the callers who
 * wait for it. docs/adr/0002-sync-beside-the-event-loop.md has the reasons and the measurement. The wait for another
 * program's lock uses a timer and never blocks the thread.
 */
export class GroupCommit {
  private waiting: Write[] = [];
  private scheduled = false;
  /** Resolves when all commits are on disk; null when they are. */
  private unsynced: Promise<void> | null = null;
  /** When attempts first and last found the write lock held by another program. */
  private lockedSinceMs = 0;
  private lockMetMs = Number.NEGATIVE_INFINITY;
  /** New writes are refused with this error; null while the database is open. */
  private closed: Unavailable | null = null;
  private abandoned = false;
  /** Changes when something that a transaction wrote was rolled back. */
  rollbacks = 0;

  private readonly disk: Pick<DiskSync, 'sync' | 'close'> | null;
  private readonly checkpoints: Checkpoints | null;
  private readonly statements: ReturnType<typeof prepare>;
  private readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  private readonly condition: WriteCondition;
  private readonly nextTurn: NextTurn;

  constructor(
    readonly database: Database,
    parts: GroupCommitParts = {},
  ) {
    const { disk = diskOf(database), checkpoints = null, clock = systemClock } = parts;
    const { events = silent, nextTurn = setImmediateTurn } = parts;
    this.disk = disk;
    this.checkpoints = checkpoints;
    this.statements = prepare(database);
    this.clock = clock;
    this.condition = new WriteCondition(clock, events);
    this.nextTurn = nextTurn;
  }

  /**
   * Runs `write` in the next transaction; resolves with its result once that is on disk. When `write` throws, its
   * changes are rolled back, other writes are not affected, and this rejects with the error. `write` runs again when
   * another write of the transaction throws. Rejects with {@link
   * Unwritable}, within seconds, while the database cannot be written, and with {@link Unavailable} when the
   * transaction could not be committed or the database is closed; nothing was written then.
   */
  run<Result>(write: () => Result): Promise<Result> {
    const refusal = this.closed ?? this.condition.refusal();
    if (refusal) return Promise.reject(refusal);
    return new Promise<Result>((resolve, reject) => {
      this.waiting.push({ run: write, resolve: resolve as (result: unknown) => void, reject });
      if (this.scheduled) return;
      this.scheduled = true;
      this.nextTurn(() => this.commit());
    });
  }

  /**
   * Runs a read, and resolves once everything that it can have seen is on disk: no reader sees data that a power
   * failure could still lose, after which another entry could get the same number (contract 3).
   */
  async read<Result>(read: () => Result): Promise<Result> {
    const result = read();
    if (this.unsynced) await this.unsynced;
    return result;
  }

  /** Commits the waiting writes and closes the database. Does not wait for another program's lock. */
  async close(): Promise<void> {
    this.closed ??= new Unavailable('the database is closed');
    await this.checkpoints?.held;
    this.commit();
    await this.unsynced;
    await this.checkpoints?.close();
    this.disk?.close();
    this.database.close();
  }

  /** The database is lost: rejects all writes that wait, also for their sync, and all later ones. */
  abandon(reason: Unavailable): void {
    this.closed = reason;
    this.abandoned = true;
    this.refuse(this.waiting.splice(0), reason);
  }

  private commit(): void {
    this.scheduled = false;
    if (this.waiting.length === 0 || this.waitsForCheckpoint() || !this.begin()) return;
    const writes = this.waiting;
    this.waiting = [];
    try {
      const settlements = this.runAll(writes);
      this.statements.commit.run();
      this.condition.succeeded();
      this.settleOnceSynced(writes, settlements);
    } catch (cause) {
      this.rollBack();
      this.refuse(writes, this.failureOf(cause));
      return;
    }
    this.checkpoints?.committed();
  }

  /** Whether a checkpoint needs that nothing is written now. The writes are committed after it. */
  private waitsForCheckpoint(): boolean {
    const held = this.checkpoints?.held;
    if (!held) return false;
    this.scheduled = true;
    void held.then(() => this.commit());
    return true;
  }

  /** Returns whether the transaction began. Otherwise the writes are refused, or the lock is retried soon. */
  private begin(): boolean {
    try {
      this.statements.begin.run();
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

  /** How long the lock has been held. A lock that was not seen for a while counts as a new one. */
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

  /**
   * Runs the writes; returns the functions that settle their callers after the commit. Savepoints, which copy each page
   * before it changes, are only used when a write throws: all of them then run again, each in a savepoint of its own.
   */
  private runAll(writes: readonly Write[]): (() => void)[] {
    try {
      return writes.map((write) => {
        const result = write.run();
        return () => write.resolve(result);
      });
    } catch (error) {
      if (isOfTheStore(error)) throw error;
      this.rollBack();
      this.statements.begin.run();
      const [only, ...others] = writes;
      return only && others.length === 0 ? [() => only.reject(error)] : writes.map((write) => this.attempt(write));
    }
  }

  /** Runs one write in its own savepoint; returns the function that settles its caller after the commit. */
  private attempt(write: Write): () => void {
    const { savepoint, release, rollBackTo } = this.statements;
    savepoint.run();
    try {
      const result = write.run();
      release.run();
      return () => write.resolve(result);
    } catch (error) {
      // Some failures, such as a full disk, have already rolled back the whole transaction.
      if (!this.database.inTransaction || isOfTheStore(error)) throw error;
      this.rollbacks++;
      rollBackTo.run();
      release.run();
      return () => write.reject(error);
    }
  }

  private rollBack(): void {
    this.rollbacks++;
    if (this.database.inTransaction) this.statements.rollBack.run();
  }
}

function prepare(database: Database) {
  return {
    begin: database.query('BEGIN IMMEDIATE'),
    commit: database.query('COMMIT'),
    rollBack: database.query('ROLLBACK'),
    savepoint: database.query('SAVEPOINT one'),
    release: database.query('RELEASE one'),
    rollBackTo: database.query('ROLLBACK TO one'),
  };
}

function diskOf(database: Database): DiskSync | null {
  return database.filename === ':memory:' ? null : new DiskSync(logFile(database.filename));
}
