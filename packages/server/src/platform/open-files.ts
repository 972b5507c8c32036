import { readFileSync, statSync } from 'node:fs';

/** How many files this process may have open; 1,024 where that can't be read. */
export function openFilesMax(): number {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return Number(line?.[1] ?? 1_024);
  } catch {
    return 1_024;
  }
}

/** How many files this process has open, as the size of their folder says since Linux 6.2; null where it doesn't. */
export function openFiles(): number | null {
  const size = statSync('/proc/self/fd', { throwIfNoEntry: false })?.size ?? 0;
  return size > 0 ? size : null;
}
