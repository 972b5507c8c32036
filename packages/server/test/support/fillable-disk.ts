import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { noSlowDisk, slowDisk } from './slow-disk/slow-disk.ts';

const sizeBytes = 24 * 1024 * 1024;
const blockBytes = 64 * 1024;

/** Why no such disk is available here; null when one is. */
export const noFillableDisk: string | null = noSlowDisk;

/** A folder on a disk that a test can fill to the last byte and free again. */
export interface FillableDisk {
  folder: string;
  /** The environment of programs that use it. */
  environment: Record<string, string>;
  fill(): void;
  makeRoom(): void;
  remove(): void;
}

/** Mounts a small disk where possible. Elsewhere writes fail as they do on a full disk. */
export async function fillableDisk(parent: string): Promise<FillableDisk> {
  const folder = join(parent, 'disk');
  mkdirSync(folder);
  const mounted = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'none', folder], {
    stderr: 'ignore',
  });
  return mounted.success ? mountedDisk(folder) : shimmedDisk(parent, folder);
}

function mountedDisk(folder: string): FillableDisk {
  const filler = join(folder, 'filler');
  return {
    folder,
    environment: {},
    fill() {
      const file = openSync(filler, 'a');
      for (let block = Buffer.alloc(blockBytes); block.length > 0; ) {
        try {
          writeSync(file, block);
        } catch {
          block = block.subarray(0, Math.floor(block.length / 2));
        }
      }
      closeSync(file);
    },
    makeRoom: () => rmSync(filler),
    remove: () => void Bun.spawnSync(['umount', folder]),
  };
}

async function shimmedDisk(parent: string, folder: string): Promise<FillableDisk> {
  const mark = join(parent, 'full');
  return {
    folder,
    environment: { ...(await slowDisk(parent, 0, join(parent, 'syncs'))), SLOW_DISK_FULL: mark },
    fill: () => closeSync(openSync(mark, 'w')),
    makeRoom: () => rmSync(mark),
    remove: () => undefined,
  };
}
