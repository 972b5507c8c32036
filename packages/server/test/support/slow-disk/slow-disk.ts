import { fileURLToPath } from 'node:url';
import { which } from 'bun';

const source = fileURLToPath(new URL('slow-disk.c', import.meta.url));

/** Why no slow disk is available here; null when one is. */
export const noSlowDisk: string | null =
  process.platform !== 'linux' ? 'needs Linux' : which('gcc') === null ? 'needs gcc' : null;

/**
 * The environment in which each sync of a program to disk takes `delayUs` longer and is counted as a byte of `logFile`.
 * Compiles the shim into `folder`.
 */
export async function slowDisk(folder: string, delayUs: number, logFile: string): Promise<Record<string, string>> {
  const library = `${folder}/slow-disk.so`;
  const compiler = Bun.spawn(['gcc', '-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { stderr: 'inherit' });
  if ((await compiler.exited) !== 0) throw new Error(`gcc could not compile ${source}`);
  return { LD_PRELOAD: library, SLOW_DISK_US: String(delayUs), SLOW_DISK_LOG: logFile };
}
