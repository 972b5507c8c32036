import { Database } from 'bun:sqlite';
import { copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Unusable, usable } from '../../platform/failures.ts';
import { logFile, openDatabase, readDatabase, schemaVersion } from './database.ts';
import { markAsCopy } from './epoch.ts';
import { checkLevel } from './feature-level.ts';
import { syncFile } from './file-sync.ts';
import { keepForOwner } from './folder-hold.ts';
import { migrations } from './migrations.ts';

/** The first step with an epoch: an older copy gets an epoch when it is upgraded. */
const firstWithEpoch = 4;

/** Copies the database as of one moment, also while the server writes, and marks it as a copy. Returns its size. */
export function backup(file: string, copy: string): number {
  if (existsSync(copy)) throw new Unusable(`${copy} already exists`);
  const partial = `${copy}.partial`;
  writeCopy(file, partial);
  renameSync(partial, copy);
  syncFile(dirname(copy));
  return statSync(copy).size;
}

export interface Restored {
  /** The path of the former database; null when there was none. */
  replaced: string | null;
  conversations: number;
  entries: number;
}

/**
 * Replaces `file` by the database `source`, with a new epoch. After an interruption at any moment, `file` is either of
 * the two, complete. The caller ensures that no process has `file` open.
 *
 * @param replaced the name under which the former database is kept.
 * @throws {Unusable} when `source` is no database of Parley, is damaged, or is of a newer version.
 */
export function restore(source: string, file: string, replaced: string): Restored {
  checkSource(source);
  const arriving = `${file}.arriving`;
  writeCopy(source, arriving);
  keepForOwner(dirname(file), arriving);
  // Opening it upgrades it and, because it is a copy, assigns a new epoch.
  const database = openDatabase(arriving);
  const { conversations, entries } = countsOf(database);
  database.run('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  for (const rest of [logFile(arriving), `${arriving}-shm`]) rmSync(rest, { force: true });
  syncFile(arriving);
  const isReplaced = existsSync(file);
  if (isReplaced) keep(file, replaced);
  renameSync(arriving, file);
  syncFile(dirname(file));
  return { replaced: isReplaced ? replaced : null, conversations, entries };
}

/** Writes the database into one new file and marks it as a copy. */
function writeCopy(source: string, copy: string): void {
  // Left by a run that was interrupted.
  for (const rest of [copy, logFile(copy), `${copy}-shm`, `${copy}-journal`]) rmSync(rest, { force: true });
  try {
    readDatabase(source, (database) => {
      usable(`${copy} cannot be written`, () => database.query('VACUUM INTO ?').run(copy));
    });
  } catch (error) {
    // Remove the incomplete copy.
    rmSync(copy, { force: true });
    throw error;
  }
  const written = new Database(copy, { strict: true });
  try {
    if (schemaVersion(written) >= firstWithEpoch) markAsCopy(written);
  } finally {
    written.close();
  }
  syncFile(copy);
}

function checkSource(source: string): void {
  if (!statSync(source, { throwIfNoEntry: false })?.isFile()) throw new Unusable(`there is no file ${source}`);
  const refuse = (why: string, cause?: unknown) => new Unusable(`${source} ${why}`, { cause });
  let database: Database;
  try {
    database = new Database(source, { readonly: true, strict: true });
  } catch (error) {
    throw refuse(`cannot be opened: ${error instanceof Error ? error.message : error}`, error);
  }
  try {
    const version = schemaVersion(database);
    const tables = database
      .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all()
      .map(({ name }) => name);
    if (version < 1 || !['conversations', 'entries', 'users'].every((name) => tables.includes(name))) {
      throw refuse('is not a backup of Parley: it is a database of another program');
    }
    if (version > migrations.length) {
      throw refuse(
        `has schema version ${version}, which a newer Parley wrote; this one supports up to ${migrations.length}`,
      );
    }
    if (tables.includes('feature_level')) checkLevel(database, source);
    const faults = database.query<{ integrity_check: string }, []>('PRAGMA integrity_check(1)').all();
    const fault = faults.find(({ integrity_check }) => integrity_check !== 'ok');
    if (fault) throw refuse(`is damaged: ${fault.integrity_check}`);
  } catch (error) {
    if (error instanceof Unusable) throw error;
    throw refuse('is not a backup of Parley, or is damaged: it cannot be read as a database', error);
  } finally {
    database.close();
  }
}

/**
 * Links the database under another name, with the content of its log, and removes the log, which belongs to no other
 * database.
 */
function keep(file: string, replaced: string): void {
  try {
    const database = new Database(file, { strict: true });
    database.run('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
  } catch {
    // Too damaged to be opened: keep it unchanged, with its log.
  }
  alsoAs(file, replaced);
  if (existsSync(logFile(file))) {
    alsoAs(logFile(file), logFile(replaced));
    syncFile(dirname(file));
    rmSync(logFile(file));
  }
  rmSync(`${file}-shm`, { force: true });
  syncFile(dirname(file));
}

/** Not every file system has hard links. */
function alsoAs(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch {
    copyFileSync(file, name);
    syncFile(name);
  }
}

function countsOf(database: Database): Pick<Restored, 'conversations' | 'entries'> {
  const row = database
    .query<Pick<Restored, 'conversations' | 'entries'>, []>(
      'SELECT (SELECT count(*) FROM conversations) AS conversations, (SELECT count(*) FROM entries) AS entries',
    )
    .get();
  if (!row) throw new Error('a query of counts returned no row');
  return row;
}
