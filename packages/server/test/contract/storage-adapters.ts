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
import { SqliteConversationStore } from '../../src/adapters/sqlite/conversation-store.ts';
import { databaseFile, openDatabase } from '../../src/adapters/sqlite/database.ts';
import { GroupCommit } from '../../src/adapters/sqlite/group-commit.ts';
import { SqliteHistoryStore } from '../../src/adapters/sqlite/history-store.ts';
import { SqliteReadPositions } from '../../src/adapters/sqlite/read-positions.ts';
import { SqliteTotals } from '../../src/adapters/sqlite/totals.ts';
import { SqliteUserStore } from '../../src/adapters/sqlite/user-store.ts';
import type { ConversationStore } from '../../src/conversations/conversations-port.ts';
import type { HistoryStore } from '../../src/history/history-port.ts';
import type { Totals } from '../../src/users/totals-port.ts';
import type { UserStore } from '../../src/users/users-port.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { withoutService } from '../support/services.ts';
import type { AdapterUnderTest } from './adapter-under-test.ts';
import { emptyDatabase } from './postgres-under-test.ts';

/** The stores of one engine, over common data. */
export interface Stores {
  history: HistoryStore;
  conversations: ConversationStore;
  users: UserStore;
  totals: Totals;
  /** Lets time pass for what is written late. */
  passTime(durationMs: number): void;
  close(): Promise<void>;
}

function memoryStores(): Stores {
  const data = new ConversationData();
  const users = new MemoryUserStore();
  return {
    history: new MemoryHistoryStore(data),
    conversations: new MemoryConversationStore(data),
    users,
    totals: new MemoryTotals(data, users),
    passTime: () => undefined,
    close: async () => undefined,
  };
}

/** The stores over a database in `folder`; a failure that nobody awaits is thrown unless a test wants it. */
export function sqliteStores(folder: string, reportFailure: (error: unknown) => void = fail): SqliteStores {
  const clock = new FakeClock();
  const writes = new GroupCommit(openDatabase(join(folder, databaseFile)));
  const positions = new SqliteReadPositions(writes, clock, reportFailure);
  return {
    history: new SqliteHistoryStore(writes),
    conversations: new SqliteConversationStore(writes, positions),
    users: new SqliteUserStore(writes),
    totals: new SqliteTotals(writes.database, () => 0),
    writes,
    passTime: (durationMs) => clock.advance(durationMs),
    async close() {
      await positions.flush();
      await writes.close();
    },
  };
}

export interface SqliteStores extends Stores {
  writes: GroupCommit;
}

function fail(error: unknown): never {
  throw error;
}

async function sqliteStoresOfTheirOwn(): Promise<Stores> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-contract-'));
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
