import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConversationData } from '../../src/adapters/memory/conversation-data.ts';
import { MemoryConversationStore } from '../../src/adapters/memory/conversation-store.ts';
import { MemoryHistoryStore } from '../../src/adapters/memory/history-store.ts';
import { MemoryTotals } from '../../src/adapters/memory/totals.ts';
import { MemoryUserStore } from '../../src/adapters/memory/user-store.ts';
import { PostgresConversationStore } from '../../src/adapters/postgres/conversation-store.ts';
import { PostgresHistoryStore } from '../../src/adapters/postgres/history-store.ts';
import { PostgresTotals } from '../../src/adapters/postgres/totals.ts';
import { PostgresUserStore } from '../../src/adapters/postgres/user-store.ts';
import { databaseFile, openDatabase } from '../../src/adapters/sqlite/database.ts';
import { addLaterColumns } from '../support/later-columns.ts';
import { withoutService } from '../support/services.ts';
import type { AdapterUnderTest } from './adapter-under-test.ts';
import { emptyDatabase, shardsUnderTest } from './postgres-under-test.ts';
import { type Stores, sqliteStores } from './sqlite-stores.ts';

function memoryStores(): Stores {
  const data = new ConversationData();
  const users = new MemoryUserStore();
  return {
    history: new MemoryHistoryStore(data),
    conversations: new MemoryConversationStore(data),
    users,
    totals: new MemoryTotals(data, users),
    partitions: 1,
    passTime: () => undefined,
    close: async () => undefined,
  };
}

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

/** Over two servers with every other shard. */
async function postgresStores(): Promise<Stores> {
  const database = await emptyDatabase();
  return {
    history: new PostgresHistoryStore(database),
    conversations: new PostgresConversationStore(database),
    users: new PostgresUserStore(database),
    totals: new PostgresTotals(database),
    partitions: shardsUnderTest,
    passTime: () => undefined,
    close: async () => undefined,
  };
}

const withoutPostgres = withoutService('postgres');

export const storageAdapters: AdapterUnderTest<Stores>[] = [
  { name: 'memory', open: async () => memoryStores() },
  { name: 'sqlite', open: sqliteStoresOfTheirOwn },
  { name: 'postgres', ...(withoutPostgres !== null && { absent: withoutPostgres }), open: postgresStores },
];
