import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const deployFolder = new URL('../../../../deploy/', import.meta.url);

/** Path of a file in `deploy/`. */
export function deployedPath(file: string): string {
  return fileURLToPath(new URL(file, deployFolder));
}

export function deployedText(file: string): string {
  return readFileSync(deployedPath(file), 'utf8');
}

/** The names in a folder of `deploy/`. */
export function deployedNames(folder: string): string[] {
  return readdirSync(deployedPath(folder));
}

/** The variables that the image sets. */
export function imageEnvironment(): Record<string, string> {
  const line = /^ENV (.*)$/m.exec(deployedText('Dockerfile'))?.[1] ?? '';
  return Object.fromEntries(line.split(' ').map((pair) => pair.split('=') as [string, string]));
}

/** The port that a process in the image listens on. */
export const processPort = 8_080;

/** Converts "45s" or "1m30s", as Compose writes durations, to milliseconds. */
export function durationMs(text: string): number {
  const [, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  return (Number(minutes) * 60 + Number(seconds)) * 1_000;
}
