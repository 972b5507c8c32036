import { afterAll } from 'bun:test';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import { Pool, type PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { shardTables } from '../../src/adapters/postgres/schema-steps.ts';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { serviceAddress } from '../support/services.ts';

export const shardsUnderTest = 8;

/** Two new databases of the real server stand for two servers: nothing crosses from one to the other. */
export async function twoServers(): Promise<[PostgresServer, PostgresServer]> {
  const url = serviceAddress('postgres');
  if (url === null) throw new Error('there is no postgres');
  const name = `test_${systemIds.uuid().replaceAll('-', '')}`;
  return [await newDatabase(url, 'one', `${name}_one`), await newDatabase(url, 'two', `${name}_two`)];
}

async function newDatabase(url: string, name: string, database: string): Promise<PostgresServer> {
  await withPool({ name, url, schema: 'public' }, (pool) =>
    pool.run((sql) => sql.unsafe(`CREATE DATABASE ${database}`)),
  );
  const address = new URL(url);
  address.pathname = `/${database}`;
  return { name, url: address.href, schema: 'parley' };
}

export async function dropDatabases(servers: readonly PostgresServer[]): Promise<void> {
  for (const { name, url } of servers) {
    const address = new URL(url);
    const database = address.pathname.slice(1);
    address.pathname = '/postgres';
    await withPool({ name, url: address.href, schema: 'public' }, (pool) =>
      pool.run((sql) => sql.unsafe(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)),
    );
  }
}

export async function withPool<Result>(server: PostgresServer, work: (pool: Pool) => Promise<Result>): Promise<Result> {
  const pool = new Pool(server);
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

let opened: { servers: PostgresServer[]; database: ShardedDatabase } | null = null;

/** A cluster's database that holds nothing. The databases are made once a process and emptied each time. */
export async function emptyDatabase(): Promise<ShardedDatabase> {
  if (!opened) {
    const servers = await twoServers();
    await initialise(servers, shardsUnderTest);
    opened = { servers, database: await ShardedDatabase.open(servers) };
  } else {
    await opened.database.everywhere((sql) => sql.unsafe(`TRUNCATE ${shardTables.join(', ')}`));
  }
  return opened.database;
}

afterAll(async () => {
  if (!opened) return;
  const { servers, database } = opened;
  opened = null;
  await database.close();
  await dropDatabases(servers);
});
