import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Unusable, usable } from './failures.ts';

/** Longest path of a socket file on Linux and macOS. */
const pathMax = 103;

/** The socket file through which an administrator on the server's machine reaches the running server. */
export function controlSocketFile(dataFolder: string): string {
  return join(dataFolder, 'control.sock');
}

/** Timeout for a server's answer on its control socket. */
const answerMs = 3_000;

/**
 * Whether a server is serving this data folder.
 *
 * @throws {Unusable} when a server listens but does not answer.
 */
export async function isServed(dataFolder: string): Promise<boolean> {
  const file = controlSocketFile(dataFolder);
  if (!existsSync(file)) return false;
  try {
    await fetch('http://control/livez', { unix: file, signal: AbortSignal.timeout(answerMs) });
    return true;
  } catch (cause) {
    if (!(cause instanceof DOMException) || cause.name !== 'TimeoutError') return false;
    throw new Unusable(
      `--data: ${dataFolder} is being served by another process, which does not answer: it is paused or hangs`,
      { cause },
    );
  }
}

/**
 * Listens on the control socket. Its file's permissions decide who may use it; there is no other check. Returns a
 * function that stops listening.
 */
export function listenForControl(
  dataFolder: string,
  answer: (request: Request) => Response | Promise<Response>,
): () => Promise<void> {
  const file = controlSocketFile(dataFolder);
  if (Buffer.byteLength(file) > pathMax) {
    throw new Unusable(`--data: the path is too long for a socket in it: ${file} has more than ${pathMax} bytes`);
  }
  const listener = usable(`--data: ${file} cannot be listened on`, () => {
    // A server that was killed left the file. Nothing listens there, because this process holds the folder.
    rmSync(file, { force: true });
    return Bun.serve({ unix: file, fetch: answer });
  });
  chmodSync(file, 0o600);
  return async () => {
    await listener.stop(true);
    rmSync(file, { force: true });
  };
}
