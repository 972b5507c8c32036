import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import { Pool, type PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { functions, indexes, triggers } from '../../src/adapters/postgres/schema-objects.ts';
import { shardTables } from '../../src/adapters/postgres/shard-tables.ts';
import type { AnyTable, ColumnType } from '../../src/adapters/rows/table.ts';
import {
  migratedTables,
  placingColumn,
  postgresTables,
  references,
  sqliteTables,
} from '../../src/adapters/rows/tables.ts';
import { migrations } from '../../src/adapters/sqlite/migrations.ts';
import { dropDatabases } from '../support/cluster-services.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { shardsUnderTest, twoServers } from './postgres-under-test.ts';

/** The columns of each table, by name, each with its type. */
type Columns = Record<string, Record<string, string>>;

function listed(tables: readonly AnyTable[], types: Record<ColumnType, string>): Columns {
  return Object.fromEntries(
    tables.map((table) => [
      table.name,
      Object.fromEntries(table.columns.map((column) => [column, types[table.typeOf(column) ?? 'text']])),
    ]),
  );
}

function found(rows: readonly { table: string; column: string; type: string }[]): Columns {
  const tables: Columns = {};
  for (const { table, column, type } of rows) tables[table] = { ...tables[table], [column]: type };
  return tables;
}

describe('the list of tables', () => {
  test('has every table and column that the migrations of SQLite make, and no other', () => {
    const database = new Database(':memory:');
    for (const statements of migrations) database.run(statements);
    const rows = database
      .query<{ table: string; column: string; type: string }, []>(
        `SELECT s.name AS "table", c.name AS "column", c.type FROM sqlite_schema s, pragma_table_xinfo(s.name) c
         WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%'`,
      )
      .all();
    database.close();
    const types = { text: 'TEXT', number: 'INTEGER', flag: 'INTEGER', time: 'INTEGER' };
    const names: Record<string, string> = { INT: 'INTEGER', ANY: 'TEXT' };
    for (const row of rows) row.type = names[row.type] ?? row.type;
    expect(found(rows)).toEqual(listed(sqliteTables, types));
  });

  test('marks every column with the id of a user or a conversation as a reference', () => {
    // SQLite has numbers in some tables that have ids in the list.
    const columns = migratedTables.flatMap(({ name, columns }) => columns.map((column) => ({ name, column })));
    const ids = columns.filter(({ column }) => /^(user|conversation|sender)_id$|^(created|banned)_by$/.test(column));
    expect(references.map(({ table, column }) => `${table}.${column}`).sort()).toEqual(
      ids.map(({ name, column }) => `${name}.${column}`).sort(),
    );
  });
});

const withoutPostgres = withoutService('postgres');
describe.skipIf(withoutPostgres !== null)(titleWith('the list of tables, on PostgreSQL', withoutPostgres), () => {
  let servers: PostgresServer[] = [];
  let pool: Pool;

  beforeAll(async () => {
    servers = await twoServers();
    await initialise(servers, shardsUnderTest);
    pool = new Pool(servers[0] as PostgresServer);
  });
  afterAll(async () => {
    await pool?.close();
    await dropDatabases(servers);
  });

  test('has every table and column that the steps make, with its key, and no other', async () => {
    const rows = await pool.run(
      (sql) => sql<{ table: string; column: string; type: string }[]>`
          SELECT table_name AS table, column_name AS column, data_type AS type FROM information_schema.columns
          WHERE table_schema = current_schema()
            AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = current_schema())`,
    );
    const numbers = new Set(['smallint', 'integer', 'bigint']);
    const present = found(rows.map((row) => ({ ...row, type: numbers.has(row.type) ? 'bigint' : row.type })));
    const types = { text: 'text', number: 'bigint', flag: 'boolean', time: 'timestamp with time zone' };
    const expected = listed(postgresTables, types);
    for (const { name, description } of postgresTables) {
      if (description.placement !== 'its server') expected[name] = { shard: 'bigint', ...expected[name] };
    }
    expect(present).toEqual(expected);

    const keys = await pool.run(
      (sql) => sql<{ table: string; key: readonly string[] }[]>`
          SELECT t.relname AS table, array_agg(a.attname::text ORDER BY k.position) AS key
          FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid,
            unnest(i.indkey) WITH ORDINALITY AS k (number, position), pg_attribute a
          WHERE i.indisprimary AND t.relnamespace = current_schema()::regnamespace
            AND a.attrelid = t.oid AND a.attnum = k.number
          GROUP BY t.relname`,
    );
    expect(Object.fromEntries(keys.map(({ table, key }) => [table, key]))).toEqual(
      Object.fromEntries<readonly string[]>(
        postgresTables.map(({ name, description: { key, placement } }) => [
          name,
          placement === 'its server' ? key : ['shard', ...key],
        ]),
      ),
    );
  });

  test('gives for every table with a shard how a move treats its rows, and which id determines their shard', async () => {
    const moved = postgresTables.filter(({ description }) => description.placement !== 'its server');
    expect(await shardTables(pool)).toEqual(moved.map(({ name }) => name).sort());
    for (const { columns, description } of moved) {
      const column = placingColumn(description.placement);
      if (column === undefined) continue;
      // The rows of an id are found by a prefix of the key.
      expect(description.key[0]).toBe(column);
      expect(columns).toContain(column);
    }
  });

  test('is complemented by a list of all indexes, triggers and functions', async () => {
    const [row] = await pool.run(
      (sql) => sql<{ indexes: { name: string; isUnique: boolean }[]; triggers: string[]; functions: string[] }[]>`
          SELECT (
              SELECT json_agg(json_build_object('name', c.relname, 'isUnique', i.indisunique))
              FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
              WHERE c.relnamespace = current_schema()::regnamespace AND NOT i.indisprimary
            ) AS indexes,
            ARRAY(SELECT tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
              WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal) AS triggers,
            ARRAY(SELECT proname::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace) AS functions`,
    );
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect(row?.indexes.sort(byName)).toEqual([...indexes].sort(byName));
    expect(row?.triggers.sort()).toEqual([...triggers].sort());
    expect(row?.functions.sort()).toEqual([...functions].sort());
  });
});
