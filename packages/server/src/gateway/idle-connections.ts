import type { Server } from 'bun';
import type { Clock } from '../platform/clock.ts';
import { openFiles, openFilesMax } from '../platform/open-files.ts';

const lookIntervalMs = 100;
/** Idle HTTP connections are closed when this share of the files that a process may open is in use. */
const usedShareMax = 0.9;

/**
 * Closes idle HTTP connections before the process runs out of file descriptors: it could then accept no connection, and
 * the runtime's accept loop would keep a core busy (oven-sh/bun#32705). The runtime reports neither the number of
 * connections nor which is the oldest, so all idle ones are closed; clients open a new one when they need it. Where the
 * number of open files is unknown, connections close by their idle timeout only.
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
