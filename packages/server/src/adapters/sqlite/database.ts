import type { Database } from 'bun:sqlite';
import { existsSync, statSync } from 'node:fs';
import { inWords, Unusable, usable } from '../../platform/failures.ts';
import { beginEpochOfCopy, isCopy } from './epoch.ts';
import { enableAll } from './feature-level.ts';
import { DatabaseWithFixedPlans } from './fixed-plans.ts';
import { lastWithIds, migrations } from './migrations.ts';
import { pageBytes, rebuild } from './rebuild.ts';
import { isLocked } from './sqlite-failures.ts';

/** The database's name within a data folder. */
export const databaseFile = 'parley.db';

/** The size of the log at which it is checkpointed, in pages: 16 MiB, some tens of milliseconds of work. */
const checkpointPages = 4_096;

/**
 * The size of SQLite's cache of pages. A commit goes through the whole cache when its transaction has rebalanced an
 * index, as nearly all do: with 64 MiB, that took 9 % of the processor time of a send. Pages that are not in the cache
 * come from that of the operating system.
 */
const cacheKiB = 16_384;

/** Another program holds a lock that opening the database needs. A later attempt can succeed. */
export class DatabaseLocked extends Unusable {
  override name = 'DatabaseLocked';
}

/**
 * Opens the database, creating or upgrading it. A commit is in the log when it returns, and on disk once {@link
 * GroupCommit} has synced the log (contract 1); SQLite syncs the log before a checkpoint.
 *
 * @throws {DatabaseLocked} at once when another program holds a lock that this needs: SQLite would wait on the thread.
 */
export function openDatabase(file: string, report = toTerminal): Database {
  const database = usable(
    `${file} cannot be opened`,
    () => new DatabaseWithFixedPlans(file, { create: true, strict: true }),
  );
  try {
    database.run('PRAGMA busy_timeout = 0');
    refuseForeign(database, file);
    refuseNewer(database, file);
    if (!isReadyForRebuild(database)) {
      bringUp(database, file);
      return database;
    }
  } catch (cause) {
    database.close();
    if (isLocked(cause)) {
      throw new DatabaseLocked(`${file} is locked by another program: stop that program, then start again`, { cause });
    }
    throw inWords(`${file} cannot be used`, cause);
  }
  database.close();
  rebuild(file, { report });
  return openDatabase(file, report);
}

function bringUp(database: Database, file: string): void {
  // Effective in a new file only.
  database.run(`PRAGMA page_size = ${pageBytes}`);
  database.run('PRAGMA journal_mode = WAL');
  database.run('PRAGMA synchronous = NORMAL');
  database.run(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  database.run(`PRAGMA cache_size = -${cacheKiB}`);
  database.run('PRAGMA temp_store = MEMORY');
  // Overwrites what a deletion or an edit frees: the text of a deleted message must not stay in the file.
  database.run('PRAGMA secure_delete = ON');
  migrate(database, migrations.length);
  enableAll(database, file);
  if (isCopy(database)) beginEpochOfCopy(database);
}

/** Whether the database has ids where this version has numbers. If so, brings it to the step before, without a log. */
function isReadyForRebuild(database: Database): boolean {
  const version = schemaVersion(database);
  if (version === 0 || version > lastWithIds) return false;
  migrate(database, lastWithIds);
  database.run('PRAGMA journal_mode = DELETE');
  return true;
}

/** Progress of a conversion that takes long. */
function toTerminal(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Reads a database as of one moment, also while a server writes to it.
 *
 * @throws {Unusable} when it does not exist, is not a database of Parley, or cannot be read.
 */
export function readDatabase<Result>(file: string, read: (database: Database) => Result): Result {
  if (!existsSync(file)) throw new Unusable(`there is no database at ${file}`);
  return usable(`${file} cannot be read`, () => {
    const database = new DatabaseWithFixedPlans(file, { readonly: true, strict: true });
    try {
      refuseForeign(database, file);
      return read(database);
    } finally {
      database.close();
    }
  });
}

/** Refuses a database that has tables but lacks those of every version of Parley. Changes nothing. */
function refuseForeign(database: Database, file: string): void {
  const rows = database.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const tables = new Set(rows.map(({ name }) => name));
  if (tables.size === 0 || ['users', 'conversations', 'entries', 'participants'].every((name) => tables.has(name)))
    return;
  throw new Unusable(`${file} is the database of another program`);
}

function refuseNewer(database: Database, file: string): void {
  const version = schemaVersion(database);
  if (version <= migrations.length) return;
  throw new Unusable(
    `${file} has schema version ${version}, which a newer Parley wrote; this one supports up to ${migrations.length}. ` +
      'Start the newer version, or restore a backup made by this one.',
  );
}

/** Runs the steps of the schema up to `version`. */
function migrate(database: Database, version: number): void {
  if (schemaVersion(database) === version) return;
  // Two programs that open a database at the same time must not both upgrade it.
  const bringUpToDate = database.transaction(() => {
    for (const statements of migrations.slice(schemaVersion(database), version)) database.run(statements);
    database.run(`PRAGMA user_version = ${version}`);
  });
  bringUpToDate.immediate();
}

export function schemaVersion(database: Database): number {
  const row = database.query<{ user_version: number }, []>('PRAGMA user_version').get();
  return row?.user_version ?? 0;
}

/** The write-ahead log of a database: commits that are not checkpointed yet. */
export function logFile(file: string): string {
  return `${file}-wal`;
}

/**
 * The files that SQLite has open for a database. Only the last program that closes the database removes some of them.
 */
export function openFiles(file: string): string[] {
  return [file, logFile(file), `${file}-shm`];
}

/** Bytes on disk, including the log. */
export function databaseSize(file: string): number {
  return [file, logFile(file)].reduce((sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0), 0);
}
