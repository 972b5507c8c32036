import { chmodSync, existsSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { inWords, Unusable } from '../../platform/failures.ts';
import { syncFile } from './file-sync.ts';
import { RebuildCopy } from './rebuild-copy.ts';

/** The size of a page: a message changes few bytes of each page that it changes. See docs/adr/0023-numbers-in-sqlite.md. */
export const pageBytes = 1_024;

/** Entries that one transaction copies, unless another number is given. */
const entriesPerStepDefault = 20_000;
/** The first line about progress appears after this time, and then one per interval. */
const reportIntervalMs = 2_000;

export interface RebuildOptions {
  report(line: string): void;
  /** The number of free bytes on the disk of a folder. */
  freeBytes?(folder: string): number;
  monotonicMs?(): number;
  entriesPerStep?: number;
}

/**
 * Copies a database whose entries have ids into a new file with numbers instead, and replaces it. No process may have
 * the database open, and it must have no write-ahead log. An interruption at any moment leaves the former database
 * unchanged, or the new one complete; the next call continues where the former one stopped.
 *
 * @throws {Unusable} when the disk has too little room.
 */
export function rebuild(file: string, options: RebuildOptions): void {
  const { report, freeBytes = freeBytesOf, monotonicMs = now, entriesPerStep = entriesPerStepDefault } = options;
  const arriving = `${file}.rebuilt`;
  refuseFullDisk(file, arriving, freeBytes);
  const copy = openCopy(file, arriving);
  let reportedMs = monotonicMs();
  try {
    copy.copyOthers();
    while (copy.copyEntries(entriesPerStep)) {
      if (monotonicMs() - reportedMs < reportIntervalMs) continue;
      reportedMs = monotonicMs();
      const { copied, total } = copy.progress();
      report(
        `Converting ${file} to the form of this version: ${copied.toLocaleString('en')} of ` +
          `${total.toLocaleString('en')} entries. It continues here if it is interrupted.`,
      );
    }
    copy.finish();
  } catch (cause) {
    throw inWords(`${file} cannot be converted`, cause);
  } finally {
    copy.close();
  }
  chmodSync(arriving, statSync(file).mode);
  syncFile(arriving);
  renameSync(arriving, file);
  syncFile(dirname(file));
}

/** Continues an interrupted copy, unless the database has changed since. */
function openCopy(file: string, arriving: string): RebuildCopy {
  const identity = identityOf(file);
  const continued = existsSync(arriving) ? RebuildCopy.continued(file, arriving, identity) : null;
  if (continued) return continued;
  for (const rest of [arriving, `${arriving}-journal`]) rmSync(rest, { force: true });
  return RebuildCopy.begin(file, arriving, { identity, pageBytes });
}

/** Differs after every change of the database: it has no log while it is copied. */
function identityOf(file: string): string {
  const { ino, size, mtimeNs } = statSync(file, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
}

function refuseFullDisk(file: string, arriving: string, freeBytes: (folder: string) => number): void {
  const needed = statSync(file).size - (statSync(arriving, { throwIfNoEntry: false })?.size ?? 0);
  const free = freeBytes(dirname(file));
  if (free >= needed) return;
  throw new Unusable(
    `${file} has to be copied into the form of this version, which needs ${megabytes(needed)} MB more on its disk, and ` +
      `${megabytes(free)} MB are free: make room and start again. Nothing was changed.`,
  );
}

function megabytes(bytes: number): string {
  return Math.ceil(bytes / 1e6).toLocaleString('en');
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function now(): number {
  return performance.now();
}
