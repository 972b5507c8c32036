import { afterAll } from 'bun:test';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import { Pool, type PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { shardTables } from '../../src/adapters/postgres/schema-steps.ts';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { serviceAddress } from '../support/services.ts';

export const shardsUnderTest = 8;

/** Two schemas of one real server stand for two servers: nothing in Parley joins across schemas. */
export function twoServers(): [PostgresServer, PostgresServer] {
  const url = serviceAddress('postgres');
  if (url === null) throw new Error('there is no postgres');
  const name = systemIds.uuid().replaceAll('-', '');
  return [
    { name: 'one', url, schema: `test_${name}_one` },
    { name: 'two', url, schema: `test_${name}_two` },
  ];
}

let opened: { servers: PostgresServer[]; database: ShardedDatabase } | null = null;

/** A cluster's database that holds nothing. The schema is made once a process and emptied each time. */
export async function emptyDatabase(): Promise<ShardedDatabase> {
  if (!opened) {
    const servers = twoServers();
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
  await dropSchemas(servers);
});

export async function dropSchemas(servers: readonly PostgresServer[]): Promise<void> {
  for (const server of servers) {
    const pool = new Pool(server);
    await pool.run((sql) => sql.unsafe(`DROP SCHEMA IF EXISTS ${server.schema} CASCADE`));
    await pool.close();
  }
}
