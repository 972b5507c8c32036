import { openFilesMax } from '../platform/open-files.ts';
import { BadSetting } from './bad-setting.ts';

/** Open files that are kept for the database, the log and HTTP requests. */
const reserved = 500;

/** Sockets that are allowed in any case, some of what is reserved being free mostly. */
const connectionsMin = 100;

/** Open files with which those sockets, the database and some requests can be served. */
const filesMin = 128;

/** @throws {BadSetting} when the process may open so few files that it would fail while it serves. */
export function checkOpenFiles(): void {
  const max = openFilesMax();
  if (max >= filesMin) return;
  throw new BadSetting(`this process may open ${max} files; it needs ${filesMin} or more: raise \`ulimit -n\``);
}

/** How many sockets the limit of open files leaves. */
export function connectionsMax(): number {
  return Math.max(connectionsMin, openFilesMax() - reserved);
}
