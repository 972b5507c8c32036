import { openFilesMax } from '../platform/open-files.ts';
import { BadSetting } from './bad-setting.ts';

/** Open files that are reserved for the database, the log and HTTP requests. */
const reserved = 500;

/** Sockets that are always allowed: part of the reserve is usually free. */
const connectionsMin = 100;

/** Open files that suffice for those sockets, the database and some requests. */
const filesMin = 128;

/** @throws {BadSetting} when the limit of open files is so low that the process would fail while it serves. */
export function checkOpenFiles(): void {
  const max = openFilesMax();
  if (max >= filesMin) return;
  throw new BadSetting(`this process may open ${max} files; it needs ${filesMin} or more: raise \`ulimit -n\``);
}

/** The number of sockets that the limit of open files allows. */
export function connectionsMax(): number {
  return Math.max(connectionsMin, openFilesMax() - reserved);
}
