import type { Database } from 'bun:sqlite';
import { Unusable } from '../../platform/failures.ts';
import { supportedLevel } from '../../platform/features.ts';

export function storedLevel(database: Database): number {
  const row = database.query<{ level: number }, []>('SELECT level FROM feature_level').get();
  if (!row) throw new Error('the database has no feature level');
  return row.level;
}

export function raiseLevel(database: Database, level: number): void {
  database.query('UPDATE feature_level SET level = max(level, ?)').run(level);
}

/** @throws {Unusable} when the database has a level that this program doesn't support. */
export function checkLevel(database: Database, file: string): void {
  const level = storedLevel(database);
  const supported = supportedLevel();
  if (level <= supported) return;
  throw new Unusable(
    `${file} has feature level ${level}, and this Parley supports ${supported}. ` +
      'Start the newer version, or restore a backup made by this one.',
  );
}

/**
 * Raises the database's level to this program's: only one process has a data folder, so no earlier version serves it at
 * the same time.
 *
 * @throws {Unusable} when the database has a level that this program doesn't support; nothing is changed then.
 */
export function enableAll(database: Database, file: string): void {
  checkLevel(database, file);
  // Skips the write when the level is right, because another program's lock could refuse it.
  if (storedLevel(database) < supportedLevel()) raiseLevel(database, supportedLevel());
}
