import { readFileSync, statSync } from 'node:fs';

/** The limit of open files of this process; 1,024 where that can't be read. */
export function openFilesMax(): number {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return Number(line?.[1] ?? 1_024);
  } catch {
    return 1_024;
  }
}

/**
 * The number of files that this process has open, from the size of its folder, which Linux reports since 6.2; null
 * elsewhere.
 */
export function openFiles(): number | null {
  const size = statSync('/proc/self/fd', { throwIfNoEntry: false })?.size ?? 0;
  return size > 0 ? size : null;
}
