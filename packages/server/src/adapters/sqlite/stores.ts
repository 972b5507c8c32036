import type { Clock } from '../../platform/clock.ts';
import { SqliteConversationStore } from './conversation-store.ts';
import { databaseSize, openDatabase } from './database.ts';
import { GroupCommit, type GroupCommitParts } from './group-commit.ts';
import { SqliteHistoryStore } from './history-store.ts';
import { SqliteReadPositions } from './read-positions.ts';
import { SqliteTotals } from './totals.ts';
import { SqliteUserStore } from './user-store.ts';

interface StoreOptions extends Omit<GroupCommitParts, 'clock'> {
  clock: Clock;
  reportFailure(error: unknown): void;
}

export type SqliteStores = ReturnType<typeof openSqliteStores>;

/** Opens a database, ":memory:" for one without a file, and the stores over it. Throws as {@link openDatabase} does. */
export function openSqliteStores(file: string, { reportFailure, ...parts }: StoreOptions) {
  const writes = new GroupCommit(openDatabase(file), parts);
  const positions = new SqliteReadPositions(writes, parts.clock, reportFailure);
  return {
    writes,
    users: new SqliteUserStore(writes),
    conversations: new SqliteConversationStore(writes, positions),
    history: new SqliteHistoryStore(writes),
    totals: new SqliteTotals(writes.database, () => databaseSize(file)),
    /** Writes the pending read positions, and closes the database. Positions that can't be written are lost. */
    async close(): Promise<void> {
      await positions.flush().catch(reportFailure);
      await writes.close();
    },
  };
}
