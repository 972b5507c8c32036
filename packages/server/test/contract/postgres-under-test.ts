import { afterAll, afterEach, beforeEach } from 'bun:test';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import type { PoolBounds, PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { postgresTables } from '../../src/adapters/rows/tables.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { dropDatabases, newDatabase } from '../support/cluster-services.ts';
import { laterColumns } from '../support/later-columns.ts';
import { serviceAddress } from '../support/services.ts';

export const shardsUnderTest = 8;

/** Two new databases of the real server act as two servers: no statement spans both. */
export async function twoServers(): Promise<[PostgresServer, PostgresServer]> {
  const url = serviceAddress('postgres');
  if (url === null) throw new Error('there is no postgres');
  const name = `test_${systemIds.uuid().replaceAll('-', '')}`;
  const server = async (each: string): Promise<PostgresServer> => {
    return { name: each, url: await newDatabase(url, `${name}_${each}`), schema: 'parley' };
  };
  return [await server('one'), await server('two')];
}

/** Two servers for each test of the group that requests them; what a test opens on them is closed after it. */
export function serversOfEachTest() {
  const databases: ShardedDatabase[] = [];
  const made = {
    servers: [] as unknown as [PostgresServer, PostgresServer],
    async open(bounds?: PoolBounds): Promise<ShardedDatabase> {
      const database = await ShardedDatabase.open(made.servers, bounds);
      databases.push(database);
      return database;
    },
  };
  beforeEach(async () => {
    made.servers = await twoServers();
  });
  afterEach(async () => {
    for (const database of databases.splice(0)) await database.close();
    await dropDatabases(made.servers);
  });
  return made;
}

let opened: { servers: PostgresServer[]; database: ShardedDatabase } | null = null;

const emptied = postgresTables
  .filter(({ name, description }) => description.placement !== 'its server' && name !== 'shard_epochs')
  .map(({ name }) => name);

/**
 * An empty database of a cluster, with the columns of a later version beside its own. The databases are created once
 * per process and emptied for each test.
 */
export async function emptyDatabase(): Promise<ShardedDatabase> {
  if (!opened) {
    const servers = await twoServers();
    await initialise(servers, shardsUnderTest);
    const database = await ShardedDatabase.open(servers);
    await database.everywhere((sql) => sql.unsafe(laterColumns));
    opened = { servers, database };
  } else {
    // TRUNCATE replaces the files of every table and index, which takes longer than a test with a few rows.
    await opened.database.everywhere((sql) => sql.unsafe(emptied.map((table) => `DELETE FROM ${table};`).join(' ')));
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
