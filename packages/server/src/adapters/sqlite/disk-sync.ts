import { closeSync, fdatasync, openSync } from 'node:fs';
import { SharedCalls } from '../../platform/shared-calls.ts';

/**
 * Syncs a log file to disk off the event loop, one sync at a time. A call during a sync waits for the next one, since
 * the current one may have begun before the caller's writes.
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

  /** Resolves when everything that was in the file at the call is on disk. */
  sync(): Promise<void> {
    return this.syncs.call();
  }

  close(): void {
    closeSync(this.file);
  }

  private syncOnce(): Promise<void> {
    return new Promise((resolve) => {
      this.syncFile(this.file, (cause) => {
        // After a failed sync the state of the disk is unknown, and a second sync can wrongly succeed: only a restart,
        // which reads the disk, can be trusted. https://wiki.postgresql.org/wiki/Fsync_Errors
        if (cause) throw new Error('the disk could not store the data; stopping', { cause });
        resolve();
      });
    });
  }
}
