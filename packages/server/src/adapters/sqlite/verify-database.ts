import { Database } from 'bun:sqlite';
import { firstLevel, supportedLevel } from '../../platform/features.ts';
import { migrations } from './migrations.ts';

interface SchemaObject {
  type: string;
  name: string;
  form: string;
}

/** Runs SQLite's own integrity check, and checks the epoch. */
export function* databaseFaults(database: Database): Generator<string> {
  for (const { integrity_check: message } of database
    .query<{ integrity_check: string }, []>('PRAGMA integrity_check')
    .iterate()) {
    if (message !== 'ok') yield `the database is damaged: ${message}: restore a backup with "parley restore"`;
  }
  for (const row of database.query<{ table: string; parent: string }, []>('PRAGMA foreign_key_check').iterate()) {
    yield `a row of ${row.table} refers to a row that ${row.parent} does not have: restore a backup with "parley restore"`;
  }
}

/** Compares tables, columns and indexes with those that the migrations make. */
export function formFaults(database: Database): { faults: string[]; isReadable: boolean } {
  const expected = Object.entries(expectedSchema());
  const stored = schemaOf(database);
  const missing = expected.filter(([name]) => !stored[name]);
  const changed = expected.filter(([name, { form }]) => stored[name] && stored[name].form !== form);
  const faults = [
    ...missing.map(([name, { type }]) => `the database has no ${type} ${name}`),
    ...changed.map(([name, { type }]) => `the ${type} ${name} of the database differs from the schema`),
  ].map((fault) => `${fault}: restore a backup with "parley restore"`);
  const isReadable = [...missing, ...changed].every(([, { type }]) => type !== 'table');
  const epochs = isReadable ? epochsOf(database) : [];
  if (isReadable && !(epochs.length === 1 && /^[0-9a-f-]{32,36}$/.test(epochs[0] ?? ''))) {
    faults.push(
      `the database has ${epochs.length} epochs, or one that is not hexadecimal digits: ` +
        'restore a backup with "parley restore"',
    );
  }
  const levels = isReadable ? levelsOf(database) : [];
  if (
    isReadable &&
    !(levels.length === 1 && levels.every((level) => level >= firstLevel && level <= supportedLevel()))
  ) {
    faults.push(
      `the database has feature level ${levels.join() || 'none'}, and this Parley supports ${firstLevel} to ` +
        `${supportedLevel()}: start the newer version, or restore a backup with "parley restore"`,
    );
  }
  if (isReadable && database.query('SELECT 1 FROM command_key_seed').get() === null) {
    faults.push('the database has no seed for the keys of commands: restore a backup with "parley restore"');
    return { faults, isReadable: false };
  }
  return { faults, isReadable };
}

function levelsOf(database: Database): number[] {
  return database
    .query<{ level: number }, []>('SELECT level FROM feature_level')
    .all()
    .map(({ level }) => level);
}

function epochsOf(database: Database): string[] {
  return database
    .query<{ epoch: string }, []>('SELECT epoch FROM epoch')
    .all()
    .map(({ epoch }) => epoch);
}

let expectedObjects: Record<string, SchemaObject> | null = null;

function expectedSchema(): Record<string, SchemaObject> {
  expectedObjects ??= schemaOfMigrations();
  return expectedObjects;
}

function schemaOfMigrations(): Record<string, SchemaObject> {
  const database = new Database(':memory:', { strict: true });
  try {
    for (const statements of migrations) database.run(statements);
    return schemaOf(database);
  } finally {
    database.close();
  }
}

/** The columns of tables and indexes, not the text of their statements, which may differ. */
function schemaOf(database: Database): Record<string, SchemaObject> {
  const rows = database
    .query<SchemaObject, []>(
      `SELECT s.type, s.name, iif(s.type = 'table',
        (SELECT json_group_array(json_array(c.name, c.type, c."notnull", c.pk)) FROM pragma_table_info(s.name) c),
        (SELECT json_array(s.tbl_name, l."unique", l.partial, (SELECT json_group_array(i.name) FROM pragma_index_info(s.name) i))
          FROM pragma_index_list(s.tbl_name) l WHERE l.name = s.name)) AS form
       FROM sqlite_schema s WHERE s.name NOT LIKE 'sqlite_%'`,
    )
    .all();
  return Object.fromEntries(rows.map((row) => [row.name, row]));
}
