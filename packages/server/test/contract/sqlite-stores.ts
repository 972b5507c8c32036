import { join } from 'node:path';
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

/** The stores of one engine, over common data. */
export interface Stores {
  history: HistoryStore;
  conversations: ConversationStore;
  users: UserStore;
  totals: Totals;
  /** Of the log that the history is decided from. */
  partitions: number;
  /** Lets time pass for what is written late. */
  passTime(durationMs: number): void;
  close(): Promise<void>;
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
    partitions: 1,
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
