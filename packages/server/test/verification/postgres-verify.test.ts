import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import type { PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import { verifyShards } from '../../src/adapters/postgres/verify.ts';
import { postgresTables } from '../../src/adapters/rows/tables.ts';
import { twoServers } from '../contract/postgres-under-test.ts';
import { dropDatabases } from '../support/cluster-services.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { type Column, type Found, keysOf, plantsFor, type Unseen, unseenIn } from './plants.ts';
import { fillAmendments, fillBans, fillMarks, fillSample } from './sample.ts';

const shardCount = 2;
const shardTables = postgresTables
  .filter(({ description }) => description.placement !== 'its server')
  .map(({ name }) => name);
/** Endings for keys: some make the key of a row in another shard. */
const endings = [...'abcdefgh'];
const rowsTried = 8;

const chosen = 'a user chose it, and it is stored nowhere else';
const clock = 'it comes from a clock, which may have been wrong';

/** Only columns without any detectable fault. The embedded test lists columns with some. */
const unseen: Unseen = {
  never: {
    'entries.command_id': 'the client chose it; the unique index prevents duplicates',
    'users.password_hash': chosen,
    'users.administrator': 'it is stored nowhere else',
    'users.created_at_ms': clock,
    'sessions.device': chosen,
    'sessions.created_at_ms': clock,
    'sessions.last_used_at_ms': clock,
    'sessions: a missing row': 'sessions are deleted, and a token without a session is invalid',
    'device_secrets.secret_hash': 'it is random, and nothing refers to it',
    'device_secrets.used_at_ms': clock,
    'device_secrets: a missing row': 'devices are deleted',
    'claims.claimed_at': 'it matters only for pending claims, for a minute',
    'invitations.expires_at_ms': chosen,
    'invitations: a missing row': 'nothing refers to it',
    'read_positions: a missing row': 'a user who never read has none',
    'shard_epochs.epoch': 'it is random, and nothing refers to it',
    'activity_times: a missing row': 'the time is settled within a minute',
    'follower_progress.epoch': 'a follower of another history is rebuilt',
    'follower_progress.log_id': 'a follower of another log is rebuilt',
    'follower_progress.follower': 'a follower without a row is built',
    'follower_progress.current_at': clock,
    'follower_progress: a missing row': 'a follower without a row is built',
    'server_settings: a missing row': 'the default is in force',
    'amendments.command_id': 'the client chose it; it is the key of the row',
  },
  partly: {},
};

/** Tables in which no faults are planted here, each with the reason. */
const apart: Record<string, string> = {
  cluster: 'servers that disagree, or have none, are refused when they are opened',
  shards: 'a shard that is on no server, or on two, is refused when they are opened',
  feature_level: 'an unsupported level is refused when the servers are opened, and the lowest of several counts',
  migrations: 'the schema of another version is refused when the servers are opened',
  log_positions: 'compared with the log in Kafka by the whole of "parley cluster verify"',
};

const absent = withoutService('postgres');
describe.skipIf(absent !== null)(titleWith('verification of shards on PostgreSQL', absent), () => {
  let servers: PostgresServer[] = [];
  let database: ShardedDatabase;

  beforeAll(async () => {
    servers = await twoServers();
    await initialise(servers, shardCount);
    database = await ShardedDatabase.open(servers);
    const stores = {
      ...postgresStores(database),
      ...{ partitions: shardCount, passTime: () => undefined, close: async () => undefined },
    };
    await fillSample(stores);
    await fillAmendments(stores);
    await fillBans(stores);
    await fillMarks(stores);
    for (let shard = 0; shard < shardCount; shard++) await postgresStores(database).totals.rebuild(shard);
    for (const table of shardTables) await everywhere(`CREATE TABLE sound_${table} AS TABLE ${table}`);
  });
  afterAll(async () => {
    await database?.close();
    await dropDatabases(servers);
  });

  const everywhere = (statement: string) => database.everywhere((sql) => sql.unsafe(statement));
  const restore = (table: string) =>
    database.everywhere((sql) =>
      sql.unsafe(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM sound_${table}`).simple(),
    );

  async function faults(repair = false): Promise<string[]> {
    const found: string[] = [];
    await verifyShards(database, {
      ...{ repair, pausesMs: [], count: () => undefined },
      note: (fault, repaired) => found.push(repaired ? `repaired: ${fault}` : fault),
    });
    return found;
  }

  /** Whether a fault is found after the statement, which is undone afterwards; null when it changed nothing. */
  async function isFound(table: string, statement: string): Promise<boolean | null> {
    try {
      const changed = await everywhere(statement);
      if (changed.every(({ count }) => count === 0)) return null;
      return (await faults()).length > 0;
    } catch (error) {
      if (error instanceof Error && /violates|duplicate key/.test(`${error.message} ${error.cause}`)) return true;
      throw error;
    } finally {
      await restore(table);
    }
  }

  async function columnsOf(table: string): Promise<{ columns: Column[]; key: string[] }> {
    const [infos = []] = await database.everywhere(
      (sql) => sql<{ name: string; type: string; nullable: boolean; is_key: boolean }[]>`
        SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, NOT a.attnotnull AS nullable,
          a.attnum = ANY(i.indkey) AS is_key
        FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
        WHERE a.attrelid = ${table}::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    );
    const typeOf = (name: string, type: string): Column['type'] => {
      if (name === 'notice' || name === 'amended') return 'json';
      if (type === 'boolean') return 'flag';
      return type === 'text' ? 'text' : type.startsWith('timestamp') ? 'time' : 'number';
    };
    const columns = infos.map(({ name, type, nullable }) => ({ table, name, nullable, type: typeOf(name, type) }));
    return { columns, key: infos.filter((info) => info.is_key).map(({ name }) => name) };
  }

  async function rowsOf(table: string, key: readonly string[]): Promise<string[]> {
    const matches = key.map((name) => `'${name} = ' || quote_literal(${name})`).join(` || ' AND ' || `);
    const rows = await everywhere(`SELECT ${matches} AS row FROM ${table} ORDER BY 1 LIMIT ${rowsTried}`);
    return rows.flat().map((row) => String(row['row']));
  }

  test('finds no fault in sound shards', async () => {
    expect(await faults()).toEqual([]);
  });

  test('checks every table, except those listed with a reason', async () => {
    const [rows = []] = await everywhere(
      `SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT LIKE 'sound_%'`,
    );
    const looked = shardTables.filter((table) => !(table in apart));
    expect(rows.map((row) => String(row['tablename'])).sort()).toEqual([...looked, ...Object.keys(apart)].sort());
  });

  for (const table of shardTables.filter((each) => !(each in apart))) {
    test(`finds a fault in every column, missing row and extra row of ${table}, except those listed with a reason`, async () => {
      const results = new Map<string, Found>();
      const { columns, key } = await columnsOf(table);
      const rows = await rowsOf(table, key);
      /** Plants the statements one by one until a fault is found; one is enough. */
      const plant = async (name: string, statementsOf: (row: string) => string[]) => {
        const result: Found = { found: 0, planted: 0 };
        results.set(name, result);
        for (const statement of rows.flatMap(statementsOf)) {
          const found = await isFound(table, statement);
          if (found !== null) result.planted = 1;
          if (found === true) result.found = 1;
          if (found === true) return;
        }
      };
      for (const column of columns) {
        if (column.name === 'shard') continue;
        await plant(`${table}.${column.name}`, (row) =>
          plantsFor(column, endings).map((value) => `UPDATE ${table} SET ${column.name} = ${value} WHERE ${row}`),
        );
      }
      await plant(`${table}: a missing row`, (row) => [`DELETE FROM ${table} WHERE ${row}`]);
      const of = (keys: string[]) =>
        keys.filter((each) => each.startsWith(`${table}.`) || each.startsWith(`${table}:`));
      const expected = keysOf(unseen);
      expect(unseenIn(results)).toEqual({ ...expected, never: of(expected.never) });
    });
  }

  const repairable: [string, string, string, string][] = [
    ['a term that is missing', 'user_terms', `DELETE FROM user_terms WHERE term = 'ana'`, 'is not found by "ana"'],
    ['an extra term', 'user_terms', `UPDATE user_terms SET term = 'zoe' WHERE term = 'ana'`, 'is not found by'],
    [
      'a token of another session',
      'session_tokens',
      `UPDATE session_tokens SET session_id = 'x'`,
      `has no token, so it cannot be used`,
    ],
    [
      'a read position of a user who was never a participant',
      'read_positions',
      `UPDATE read_positions SET conversation_id = conversation_id || 'x'`,
      ', which does not exist',
    ],
    [
      'accounts without a first one',
      'claims',
      `DELETE FROM claims WHERE name = 'first user'`,
      'the next user who signs up becomes administrator',
    ],
    [
      'an extra claim of a name',
      'claims',
      `INSERT INTO claims SELECT shard, 'username NAME', user_id, confirmed, claimed_at FROM claims
       WHERE name = 'username ana'`,
      'username NAME is claimed for',
    ],
  ];
  for (const [name, table, statement, fault] of repairable) {
    test(`repairs ${name}`, async () => {
      // A name whose claim is in the same shard.
      const shard = database.shardOf('username ana');
      const other =
        [...'abcdefghijklmnopqrstuvwxyz'].find((each) => database.shardOf(`username ${each}`) === shard) ?? '';
      await everywhere(statement.replace('NAME', other));
      expect((await faults()).filter((each) => each.endsWith(': run it with --repair')).join('\n')).toContain(
        fault.replace('NAME', other),
      );
      expect((await faults(true)).filter((each) => !each.startsWith('repaired: '))).toEqual([]);
      expect(await faults()).toEqual([]);
      await restore(table);
    });
  }

  test('repairs a membership and a read position of one participant in one run', async () => {
    const elsewhere = `SET conversation_id = conversation_id || 'x'`;
    for (const table of ['memberships', 'read_positions']) await everywhere(`UPDATE ${table} ${elsewhere}`);
    expect((await faults(true)).filter((each) => !each.startsWith('repaired: '))).toEqual([]);
    expect(await faults()).toEqual([]);
    await restore('read_positions');
  });

  test('reports a missing index, trigger and function', async () => {
    await everywhere('DROP INDEX members');
    await everywhere('DROP INDEX present_memberships');
    await everywhere('DROP TRIGGER stamp_new_read_position ON read_positions');
    await everywhere('DROP FUNCTION fence');
    const found = (await faults()).join('\n');
    for (const each of [
      'index members',
      'index present_memberships',
      'trigger stamp_new_read_position',
      'function fence',
    ]) {
      expect(found).toContain(`has no ${each}`);
    }
  });
});
