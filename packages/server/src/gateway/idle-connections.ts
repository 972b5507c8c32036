import type { Server } from 'bun';
import type { Clock } from '../platform/clock.ts';
import { openFiles, openFilesMax } from '../platform/open-files.ts';

const lookIntervalMs = 100;
/** Idle HTTP connections are closed when this share of the files that a process may open is in use. */
const usedShareMax = 0.9;

/**
 * Closes idle HTTP connections before the process runs out of files: it could take nobody in then, and the runtime's
 * accept loop would keep a core busy (oven-sh/bun#32705). The runtime tells neither how many connections there are
 * nor which is the oldest, so all that are idle are closed; clients open another when they need it.
 * Where the number of open files is not known, connections are left to their idle time.
 */
export function closeIdleBeforeLimit(
  server: Pick<Server<unknown>, 'closeIdleConnections'>,
  clock: Pick<Clock, 'every'>,
): () => void {
  const filesMax = openFilesMax();
  return clock.every(lookIntervalMs, () => {
    const used = openFiles();
    if (used !== null && used > filesMax * usedShareMax) server.closeIdleConnections();
  });
}
