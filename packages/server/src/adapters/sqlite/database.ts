import { Database } from 'bun:sqlite';
import { existsSync, statSync } from 'node:fs';
import { inWords, Unusable, usable } from '../../platform/failures.ts';
import { beginEpochOfCopy, isCopy } from './epoch.ts';
import { enableAll } from './feature-level.ts';
import { migrations } from './migrations.ts';
import { isLocked } from './sqlite-failures.ts';

/** The database's name within a data folder. */
export const databaseFile = 'parley.db';

/** Pages of the log after which it is carried over into the database: 16 MiB, some tens of milliseconds of work. */
const checkpointPages = 4_096;

/** Another program holds a lock on the database without which it can't be opened. Trying again later helps. */
export class DatabaseLocked extends Unusable {
  override name = 'DatabaseLocked';
}

/**
 * Opens the database, made or brought up to date as needed. A commit is in the log when it returns, and on disk once
 * the log is synced, which is {@link GroupCommit}'s to do (contract 1); SQLite itself syncs the log before it carries
 * anything over from it.
 *
 * @throws {DatabaseLocked} at once when another program holds a lock that this needs: SQLite would wait on the thread.
 */
export function openDatabase(file: string): Database {
  const database = usable(`${file} can not be opened`, () => new Database(file, { create: true, strict: true }));
  try {
    bringUp(database, file);
    return database;
  } catch (cause) {
    database.close();
    if (isLocked(cause)) {
      throw new DatabaseLocked(`${file} is locked by another program: end that program, and start again`, { cause });
    }
    throw inWords(`${file} can not be used`, cause);
  }
}

function bringUp(database: Database, file: string): void {
  database.run('PRAGMA busy_timeout = 0');
  refuseForeign(database, file);
  database.run('PRAGMA journal_mode = WAL');
  database.run('PRAGMA synchronous = NORMAL');
  database.run(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  database.run('PRAGMA cache_size = -65536');
  database.run('PRAGMA temp_store = MEMORY');
  migrate(database, file);
  enableAll(database, file);
  if (isCopy(database)) beginEpochOfCopy(database);
}

/**
 * Reads a database at one moment, also while a server writes to it.
 *
 * @throws {Unusable} when there is none, or it isn't one of Parley's, or it can't be read.
 */
export function readDatabase<Result>(file: string, read: (database: Database) => Result): Result {
  if (!existsSync(file)) throw new Unusable(`there is no database at ${file}`);
  return usable(`${file} can not be read`, () => {
    const database = new Database(file, { readonly: true, strict: true });
    try {
      refuseForeign(database, file);
      return read(database);
    } finally {
      database.close();
    }
  });
}

/** Refuses a database that has tables, but not those which every version of Parley has. Changes nothing. */
function refuseForeign(database: Database, file: string): void {
  const rows = database.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const tables = new Set(rows.map(({ name }) => name));
  if (tables.size === 0 || ['users', 'conversations', 'entries', 'participants'].every((name) => tables.has(name)))
    return;
  throw new Unusable(`${file} is the database of another program`);
}

function migrate(database: Database, file: string): void {
  if (schemaVersion(database) === migrations.length) return;
  // Two programs that open a database at once must not both bring it up to date.
  const bringUpToDate = database.transaction(() => {
    const version = schemaVersion(database);
    if (version > migrations.length) {
      throw new Unusable(
        `${file} has form ${version}, which a newer Parley wrote; this one knows up to ${migrations.length}. ` +
          'Start the newer version, or restore a backup made by this one.',
      );
    }
    for (const statements of migrations.slice(version)) database.run(statements);
    database.run(`PRAGMA user_version = ${migrations.length}`);
  });
  bringUpToDate.immediate();
}

export function schemaVersion(database: Database): number {
  const row = database.query<{ user_version: number }, []>('PRAGMA user_version').get();
  return row?.user_version ?? 0;
}

/** The log of a database: what is committed and not carried over yet. */
export function logFile(file: string): string {
  return `${file}-wal`;
}

/** Everything that SQLite has open for a database. Nothing but the end of the last program that uses it removes one. */
export function openFiles(file: string): string[] {
  return [file, logFile(file), `${file}-shm`];
}

/** Bytes on disk, with what isn't checkpointed yet. */
export function databaseSize(file: string): number {
  return [file, logFile(file)].reduce((sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0), 0);
}
