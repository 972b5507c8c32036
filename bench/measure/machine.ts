import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import packageFile from '../../package.json';

export interface Machine {
  cores: number;
  processor: string;
  memoryGiB: number;
  kernel: string;
}

export function machine(): Machine {
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
  };
}

/** The machine in one line. */
export function machineLine(): string {
  const { cores, processor, kernel } = machine();
  return `${cores} × ${processor}, Linux ${kernel}, Bun ${Bun.version}, clients on the same machine`;
}

/** The versions that the figures are for. */
export function versions(): Record<string, string> {
  return { parley: packageFile.version, revision: revision(), bun: Bun.version };
}

function revision(): string {
  const { stdout, success } = Bun.spawnSync(['git', 'describe', '--always', '--dirty'], { cwd: import.meta.dir });
  return success ? stdout.toString().trim() : 'unknown';
}

/** Bytes that a process has caused to be written to disk. */
export function writtenBytesOf(pid: number): number {
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}
