import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import { databaseFile, openDatabase } from '../../src/adapters/sqlite/database.ts';
import { addLaterColumns } from '../support/later-columns.ts';
import { withoutService } from '../support/services.ts';
import type { AdapterUnderTest } from './adapter-under-test.ts';
import { emptyDatabase, shardsUnderTest } from './postgres-under-test.ts';
import { type Stores, sqliteStores } from './sqlite-stores.ts';

async function sqliteStoresOfTheirOwn(): Promise<Stores> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-contract-'));
  // The statements of every suite work beside the columns of a later version.
  const database = openDatabase(join(folder, databaseFile));
  addLaterColumns(database);
  database.close();
  const stores = sqliteStores(folder);
  return {
    ...stores,
    async close() {
      await stores.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Two servers with every other shard each. */
async function postgresStoresOnTwoServers(): Promise<Stores> {
  const database = await emptyDatabase();
  return {
    ...postgresStores(database),
    partitions: shardsUnderTest,
    passTime: () => undefined,
    close: async () => undefined,
  };
}

const withoutPostgres = withoutService('postgres');

export const storageAdapters: AdapterUnderTest<Stores>[] = [
  { name: 'sqlite', open: sqliteStoresOfTheirOwn },
  { name: 'postgres', ...(withoutPostgres !== null && { absent: withoutPostgres }), open: postgresStoresOnTwoServers },
];
