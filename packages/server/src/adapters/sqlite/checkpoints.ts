import type { Database } from 'bun:sqlite';
import { type Checkpointer, CheckpointThread } from './checkpoint-thread.ts';

/** The size of the log at which a checkpoint starts. */
const startBytes = 32 * 1024 * 1024;
/**
 * Pages that are written during a checkpoint remain to be copied. If they are at most this share of the log, they are
 * copied at once.
 */
const restShare = 0.25;
/** Commits wait for a checkpoint during which the log has grown by so many times the size at which it started. */
const holdAfter = 3;
/** The maximum number of checkpoints beside writes before writes have to wait for one. */
const besideMax = 3;

/** The state of the log, in pages. */
export interface LogState {
  /** The pages in the log. */
  pages: number;
  /** Those of them that are in the database file too. */
  copied: number;
}

export interface CheckpointOptions {
  checkpointer?: Checkpointer;
  startBytes?: number;
  reportFailure(error: unknown): void;
}

/**
 * Keeps the log short without checkpoints on the event loop. A thread copies the log to the database file while commits
 * continue. SQLite restarts the log from its beginning only when all of it is copied, so the pages that arrived
 * meanwhile are copied while commits wait: see {@link held}. A reader in another process, such as `parley backup`, may
 * prevent that; the log then grows until a later attempt.
 */
export class Checkpoints {
  private isHeld = false;
  private running: Promise<void> | null = null;
  private readonly startPages: number;
  /** The number of pages in the log at which the next checkpoint starts. */
  private nextPages: number;
  /** The number of pages in the log at which commits wait for the running checkpoint, however far it is. */
  private holdPages = 0;
  private readonly state;
  private readonly checkpointer: Checkpointer;

  constructor(
    database: Database,
    private readonly options: CheckpointOptions,
  ) {
    const { page_size: pageSize } = database.query<{ page_size: number }, []>('PRAGMA page_size').get() ?? {
      page_size: 4_096,
    };
    this.startPages = Math.ceil((options.startBytes ?? startBytes) / pageSize);
    this.nextPages = this.startPages;
    this.checkpointer = options.checkpointer ?? new CheckpointThread(database.filename);
    this.state = database.query<{ log: number; checkpointed: number }, []>('PRAGMA wal_checkpoint(NOOP)');
    // SQLite would checkpoint within a commit.
    database.run('PRAGMA wal_autocheckpoint = 0');
  }

  /** Resolves when commits may continue; null while they may. */
  get held(): Promise<void> | null {
    return this.isHeld ? this.running : null;
  }

  /** Call this after a commit. */
  committed(): void {
    const { pages } = this.log();
    if (this.running) {
      if (pages >= this.holdPages) this.isHeld = true;
      return;
    }
    if (pages < this.startPages) this.nextPages = this.startPages;
    if (pages < this.nextPages) return;
    this.holdPages = pages + holdAfter * this.startPages;
    this.running = this.run()
      .catch(this.options.reportFailure)
      .finally(() => {
        this.isHeld = false;
        this.running = null;
        // The log begins anew with the next commit. If it could not be copied, it grows until the next attempt.
        const log = this.log();
        this.nextPages = log.copied === log.pages ? this.startPages : log.pages + this.startPages;
      });
  }

  /** Whether this SQLite can report the state of its log, as that of macOS may not: `NOOP` came with 3.51. */
  static areSupported(database: Database): boolean {
    const row = database.query<{ version: string }, []>('SELECT sqlite_version() AS version').get();
    const [major = 0, minor = 0] = (row?.version ?? '').split('.').map(Number);
    return major > 3 || (major === 3 && minor >= 51);
  }

  async close(): Promise<void> {
    await this.running;
    await this.checkpointer.close();
  }

  private async run(): Promise<void> {
    for (let beside = 0; beside < besideMax; beside++) {
      await this.checkpointer.checkpoint();
      const { pages, copied } = this.log();
      if (pages - copied <= this.startPages * restShare) break;
    }
    this.isHeld = true;
    await this.checkpointer.checkpoint();
  }

  private log(): LogState {
    const row = this.state.get();
    return { pages: row?.log ?? 0, copied: row?.checkpointed ?? 0 };
  }
}
