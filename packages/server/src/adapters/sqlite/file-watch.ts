import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Clock } from '../../platform/clock.ts';

const lookIntervalMs = 250;

export interface FileWatchEvents {
  /** Called once, with the path that no longer has the open file. */
  gone(path: string): void;
  reportFailure(error: unknown): void;
}

/**
 * Detects that open files were deleted or replaced. Uses only their paths, because opening and closing a file would
 * release this process's locks on it. Runs off the event loop, because a file system may hang.
 */
export class FileWatch {
  private readonly stopLooking: () => void;
  private readonly opened: ReadonlyMap<string, string>;
  private looking = false;

  constructor(
    paths: readonly string[],
    clock: Pick<Clock, 'every'>,
    private readonly events: FileWatchEvents,
  ) {
    this.opened = new Map(paths.map((path) => [path, identityOf(statSync(path, { bigint: true }))]));
    this.stopLooking = clock.every(lookIntervalMs, () => {
      if (this.looking) return;
      this.looking = true;
      this.look()
        .catch(events.reportFailure)
        .finally(() => {
          this.looking = false;
        });
    });
  }

  stop(): void {
    this.stopLooking();
  }

  private async look(): Promise<void> {
    for (const [path, identity] of this.opened) {
      if ((await identityAt(path)) === identity) continue;
      this.stop();
      this.events.gone(path);
      return;
    }
  }
}

/** Null when there is no file at the path. */
async function identityAt(path: string): Promise<string | null> {
  try {
    return identityOf(await stat(path, { bigint: true }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev} ${ino}`;
}
