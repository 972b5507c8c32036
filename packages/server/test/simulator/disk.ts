import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseFile, logFile } from '../../src/adapters/sqlite/database.ts';
import type { DiskSync } from '../../src/adapters/sqlite/disk-sync.ts';
import { placeEmptyDatabase } from './database-file.ts';
import type { Kernel } from './kernel.ts';
import type { SimulatedProcess } from './machine.ts';
import type { Owner } from './owner.ts';
import type { Random } from './random.ts';

/** A sync takes from 0.5 to 10 ms, and now and then long. */
const syncMs = { min: 0.5, max: 10 };
const slowMs = 800;
const slowShare = 0.01;
const sectorBytes = 512;

/**
 * A disk with the database of an embedded server. A commit appends to SQLite's log; a loss of power keeps what was
 * synced, and of the rest a part whose sectors were written or not. The simulated times are too short for a checkpoint,
 * which would also change the other file.
 */
export class SimulatedDisk {
  private readonly owner: Owner = { name: 'disk', state: 'running' };
  private generation = 0;
  /** The size of the log up to which everything is on disk. */
  private syncedBytes = 0;

  constructor(
    private readonly folder: string,
    private readonly random: Random,
  ) {
    placeEmptyDatabase(this.mounted);
  }

  /** The database of the process that runs now. */
  get file(): string {
    return join(this.mounted, databaseFile);
  }

  /** The syncs of one process. */
  connect(
    process: SimulatedProcess,
    kernel: Kernel,
    crash: (downMs: number) => void,
  ): Pick<DiskSync, 'sync' | 'close'> {
    const { machine } = process;
    this.syncedBytes = this.logBytes;
    const sync = () =>
      new Promise<void>((resolve) => {
        if (process.state === 'dead') return;
        const fault = machine.work.begin();
        if (fault?.kind === 'crash-before') {
          kernel.at(this.takesMs(), this.owner, 'power fails during a sync', () => crash(fault.downMs));
          return;
        }
        const { logBytes, generation } = this;
        const lateMs = fault?.kind === 'late-request' ? fault.byMs : 0;
        kernel.at(lateMs + this.takesMs(), this.owner, 'sync', () => {
          if (generation !== this.generation) return;
          this.syncedBytes = Math.max(this.syncedBytes, logBytes);
          kernel.at(0, process, 'synced', () => {
            if (fault?.kind === 'crash-after') crash(fault.downMs);
            else resolve();
          });
        });
      });
    return { sync, close: () => undefined };
  }

  /** The next process finds what is on disk. */
  losePower(): void {
    const { file } = this;
    const log = existsSync(logFile(file)) ? readFileSync(logFile(file)) : Buffer.alloc(0);
    const left = log.subarray(0, this.random.whole(this.syncedBytes, log.length + 1));
    for (let start = this.syncedBytes; start < left.length; start += sectorBytes) {
      if (this.random.chance(0.1)) left.fill(0, start, Math.min(left.length, start + sectorBytes));
    }
    this.generation++;
    mkdirSync(this.mounted);
    copyFileSync(file, this.file);
    writeFileSync(logFile(this.file), left);
  }

  private get mounted(): string {
    return join(this.folder, String(this.generation));
  }

  private takesMs(): number {
    if (this.random.chance(slowShare)) return slowMs;
    return syncMs.min + this.random.next() * (syncMs.max - syncMs.min);
  }

  private get logBytes(): number {
    return statSync(logFile(this.file), { throwIfNoEntry: false })?.size ?? 0;
  }
}
