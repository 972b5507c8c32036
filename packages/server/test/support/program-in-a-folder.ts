import type { Database } from 'bun:sqlite';
import { afterEach, beforeEach } from 'bun:test';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFile, openDatabase } from '../../src/adapters/sqlite/database.ts';
import { parleyProgram } from './server-process.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** The folder of a test, the data folder in it, which the program may create, and the database in that. */
export let folder: string;
export let data: string;
export let file: string;

/** Gives each test of a file a folder of its own. */
export function useFolder(): void {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-start-'));
    data = join(folder, 'data');
    file = join(data, databaseFile);
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  });
}

export interface Start {
  flags?: string[];
  environment?: Record<string, string>;
  /** Shell commands that run before the program. */
  limit?: string;
  preload?: string;
}

/** Runs `parley serve` on the data folder until it exits. */
export const serve = (start: Start = {}) =>
  run(['serve', '--data', data, '--port', '0', ...(start.flags ?? [])], start);

/** Runs `parley` until it exits, as a user to whom file modes apply, also when these tests run as root. */
export async function run(args: string[], { environment = {}, limit = 'true', preload }: Start = {}) {
  const asOrdinary = isRoot ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all'] : [];
  const command = [...asOrdinary, ...parleyProgram(preload), ...args];
  const child = Bun.spawn(['bash', '-c', `${limit} && exec "$@"`, 'bash', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, output, errors };
}

/** Creates a database of this version and changes it. */
export function database(change: (made: Database) => void): undefined {
  mkdirSync(data);
  const made = openDatabase(file);
  change(made);
  made.run('PRAGMA wal_checkpoint(TRUNCATE)');
  made.close();
}

/** Makes another user the owner of a file or folder. */
export function notOurs(path: string, mode = 0o700): void {
  if (isRoot) chownSync(path, nobody, nobody);
  chmodSync(path, isRoot ? mode : 0);
}

/** A file that the program may not read. */
export function secret(): string {
  const path = join(folder, 'secret');
  writeFileSync(path, '{}');
  notOurs(path);
  return path;
}
