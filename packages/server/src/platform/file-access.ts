import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Read, write and enter, for the group and for everybody. */
const othersMode = 0o077;

/** The folder, if users other than its owner may enter it, and those of its files that such users can then read. */
export function readableByOthers(folder: string): string[] {
  if (!isOpenToOthers(folder)) return [];
  const files = readdirSync(folder).map((name) => join(folder, name));
  return [folder, ...files.filter(isOpenToOthers)];
}

function isOpenToOthers(path: string): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & othersMode) !== 0;
}
