import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logFile, openDatabase, schemaVersion } from '../../src/adapters/sqlite/database.ts';
import { migrations } from '../../src/adapters/sqlite/migrations.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-database-'));
  file = join(folder, 'data', 'parley.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function pragma(database: Database, name: string): unknown {
  return Object.values(database.query<Record<string, unknown>, []>(`PRAGMA ${name}`).get() ?? {})[0];
}

test('a commit is in the log when it returns, and SQLite syncs the log before it carries it over (contract 1)', () => {
  const database = openDatabase(file);
  const normal = 1;
  expect([pragma(database, 'journal_mode'), pragma(database, 'synchronous')]).toEqual(['wal', normal]);
  expect(existsSync(logFile(file))).toBe(true);
  database.close();
});

test('the folder is made, for its owner alone', () => {
  openDatabase(file).close();
  expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
});

test('an empty file is brought up to date, and what is up to date stays as it is', () => {
  const tables = (database: Database) => database.query('SELECT name, sql FROM sqlite_schema ORDER BY name').all();
  const made = openDatabase(file);
  made.run("INSERT INTO invitations VALUES ('hash', 1, 0, NULL)");
  const before = tables(made);
  expect(schemaVersion(made)).toBe(migrations.length);
  made.close();
  const again = openDatabase(file);
  expect(tables(again)).toEqual(before);
  expect(again.query('SELECT * FROM invitations').all()).toHaveLength(1);
  again.close();
});

test('a database of a newer version is refused with what to do, and left as it is', () => {
  openDatabase(file).close();
  const newer = new Database(file);
  newer.run(`PRAGMA user_version = ${migrations.length + 1}`);
  newer.run('PRAGMA wal_checkpoint(TRUNCATE)');
  newer.close();
  const before = readFileSync(file);
  expect(() => openDatabase(file)).toThrow(/newer Parley wrote.*Start the newer version, or restore a backup/);
  expect(readFileSync(file)).toEqual(before);
});

test('a migration that fails leaves the database as it was', () => {
  openDatabase(file).close();
  const broken = new Database(file);
  broken.run('PRAGMA user_version = 0');
  broken.close();
  expect(() => openDatabase(file)).toThrow('already exists');
  const after = new Database(file);
  expect(schemaVersion(after)).toBe(0);
  after.close();
});
