import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logFile, openDatabase, schemaVersion } from '../../src/adapters/sqlite/database.ts';
import { storedLevel } from '../../src/adapters/sqlite/feature-level.ts';
import { migrations } from '../../src/adapters/sqlite/migrations.ts';
import { addTrialFeature, programLevel, trialLevel } from '../support/trial-feature.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-database-'));
  file = join(folder, 'parley.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

function pragma(database: Database, name: string): unknown {
  return Object.values(database.query<Record<string, unknown>, []>(`PRAGMA ${name}`).get() ?? {})[0];
}

test('a commit is in the log when it returns, and SQLite syncs the log before a checkpoint (contract 1)', () => {
  const database = openDatabase(file);
  const normal = 1;
  expect([pragma(database, 'journal_mode'), pragma(database, 'synchronous')]).toEqual(['wal', normal]);
  expect(existsSync(logFile(file))).toBe(true);
  database.close();
});

test('an empty file is upgraded, and a current database stays unchanged', () => {
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

test('a database of the first schema version keeps its data: broadcast conversations stay broadcast', () => {
  const first = new Database(file, { create: true });
  first.run(String(migrations[0]));
  first.run('PRAGMA user_version = 1');
  for (const [id, broadcast] of [
    ['large', 1],
    ['small', 0],
  ] as const) {
    const head = {
      headSeq: 40,
      messageCount: 30,
      lastMessageSeq: 40,
      membershipSeq: 9,
      memberCount: 300,
      ownerCount: 1,
    };
    first.run(`INSERT INTO conversations VALUES (?, 'group', 'name', '', 0, 'all', 'ana', ?, ?, ?, ?, ?, ?, ?, 0, 5)`, [
      id,
      ...Object.values(head),
      broadcast,
    ]);
  }
  first.close();
  const now = openDatabase(file);
  expect(now.query('SELECT id, broadcast_seq, head_seq FROM conversations ORDER BY id').all()).toEqual([
    { id: 'large', broadcast_seq: 40, head_seq: 40 },
    { id: 'small', broadcast_seq: 0, head_seq: 40 },
  ]);
  now.close();
});

test('a database of a newer version is refused with advice, and not changed', () => {
  openDatabase(file).close();
  const newer = new Database(file);
  newer.run(`PRAGMA user_version = ${migrations.length + 1}`);
  newer.run('PRAGMA wal_checkpoint(TRUNCATE)');
  newer.close();
  const before = readFileSync(file);
  expect(() => openDatabase(file)).toThrow(/newer Parley wrote.*Start the newer version, or restore a backup/);
  expect(readFileSync(file)).toEqual(before);
});

test('a database is raised to the feature level of the program that opens it', () => {
  openDatabase(file).close();
  const undo = addTrialFeature();
  try {
    const raised = openDatabase(file);
    expect(storedLevel(raised)).toBe(trialLevel);
    raised.close();
  } finally {
    undo();
  }
});

test('a database with an unsupported feature level is refused with both levels, and not changed', () => {
  openDatabase(file).close();
  const newer = new Database(file);
  newer.run(`UPDATE feature_level SET level = ${trialLevel}`);
  newer.run('PRAGMA wal_checkpoint(TRUNCATE)');
  newer.close();
  const before = readFileSync(file);
  expect(() => openDatabase(file)).toThrow(
    `${file} has feature level ${trialLevel}, and this Parley supports ${programLevel}. Start the newer version`,
  );
  expect(readFileSync(file)).toEqual(before);
});

test('a failed migration does not change the database', () => {
  openDatabase(file).close();
  const broken = new Database(file);
  broken.run('PRAGMA user_version = 0');
  broken.close();
  expect(() => openDatabase(file)).toThrow('already exists');
  const after = new Database(file);
  expect(schemaVersion(after)).toBe(0);
  after.close();
});
