import { afterAll } from 'bun:test';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import type { PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { shardTables } from '../../src/adapters/postgres/schema-steps.ts';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { dropDatabases, newDatabase } from '../support/cluster-services.ts';
import { serviceAddress } from '../support/services.ts';

export const shardsUnderTest = 8;

/** Two new databases of the real server stand for two servers: nothing crosses from one to the other. */
export async function twoServers(): Promise<[PostgresServer, PostgresServer]> {
  const url = serviceAddress('postgres');
  if (url === null) throw new Error('there is no postgres');
  const name = `test_${systemIds.uuid().replaceAll('-', '')}`;
  const server = async (each: string): Promise<PostgresServer> => {
    return { name: each, url: await newDatabase(url, `${name}_${each}`), schema: 'parley' };
  };
  return [await server('one'), await server('two')];
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
