import { closeSync, fdatasync, openSync } from 'node:fs';
import { SharedCalls } from '../../platform/shared-calls.ts';

/**
 * Brings a log file to disk away from the event loop, one sync at a time: whoever asks while one is under way gets
 * the next, since the one under way may have begun before what they wrote.
 */
export class DiskSync {
  private readonly file: number;
  private readonly syncs = new SharedCalls<void>({ run: () => this.syncOnce() });

  constructor(
    path: string,
    private readonly syncFile: (file: number, done: (error: Error | null) => void) => void = fdatasync,
  ) {
    this.file = openSync(path, 'r+');
  }

  /** Resolves when everything that was in the file at the time of the call is on disk. */
  sync(): Promise<void> {
    return this.syncs.call();
  }

  close(): void {
    closeSync(this.file);
  }

  private syncOnce(): Promise<void> {
    return new Promise((resolve) => {
      this.syncFile(this.file, (cause) => {
        // After a failed sync nobody knows what is on disk, and asking again can wrongly succeed: only a restart, which
        // reads what is really there, can be trusted. https://wiki.postgresql.org/wiki/Fsync_Errors
        if (cause) throw new Error('the disk did not take what was written; stopping', { cause });
        resolve();
      });
    });
  }
}
