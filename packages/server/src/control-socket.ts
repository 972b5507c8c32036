import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Unusable } from './platform/failures.ts';

/** Longest path of a socket file on Linux and macOS. */
const pathMax = 103;

/** The file over which the administrator at the server's machine reaches the running server. */
export function controlSocketFile(dataFolder: string): string {
  return join(dataFolder, 'control.sock');
}

/** Whether a server serves this data folder now. */
export async function isServed(dataFolder: string): Promise<boolean> {
  const file = controlSocketFile(dataFolder);
  if (!existsSync(file)) return false;
  try {
    await fetch('http://control/livez', { unix: file });
    return true;
  } catch {
    return false;
  }
}

/** Listens for the administrator; whoever may open the file may do everything. Returns what ends it. */
export function listenForControl(
  dataFolder: string,
  answer: (request: Request) => Response | Promise<Response>,
): () => Promise<void> {
  const file = controlSocketFile(dataFolder);
  if (Buffer.byteLength(file) > pathMax) {
    throw new Unusable(`--data: the path is too long for a socket in it: ${file} has more than ${pathMax} bytes`);
  }
  // Left by a server that was killed: nobody listens there, which was checked before.
  rmSync(file, { force: true });
  const listener = Bun.serve({ unix: file, fetch: answer });
  chmodSync(file, 0o600);
  return async () => {
    await listener.stop(true);
    rmSync(file, { force: true });
  };
}
