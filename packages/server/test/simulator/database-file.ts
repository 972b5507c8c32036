import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFile, openDatabase } from '../../src/adapters/sqlite/database.ts';

let empty: Buffer | null = null;

/** Puts an empty database into a new folder. Returns its file. Every such database is the same, byte for byte. */
export function placeEmptyDatabase(folder: string): string {
  empty ??= emptyDatabase();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, databaseFile);
  writeFileSync(file, empty);
  return file;
}

function emptyDatabase(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'parley-simulated-'));
  try {
    const file = join(folder, databaseFile);
    const database = openDatabase(file);
    // A new database gets both at random.
    database.run("UPDATE epoch SET epoch = 'epoch of a simulation'");
    database.run('UPDATE command_key_seed SET seed = 1');
    database.close();
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
