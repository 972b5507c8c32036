import type { Clock } from '../../platform/clock.ts';
import { SqliteConversationStore } from './conversation-store.ts';
import { databaseSize, openDatabase } from './database.ts';
import { SqliteFeed } from './feed.ts';
import { SqliteFollowerStates } from './follower-states.ts';
import { GroupCommit, type GroupCommitParts } from './group-commit.ts';
import { SqliteHistoryStore } from './history-store.ts';
import { SqliteReadPositions } from './read-positions.ts';
import { SqliteTotals } from './totals.ts';
import { SqliteUserStore } from './user-store.ts';

interface StoreOptions extends Omit<GroupCommitParts, 'clock'> {
  clock: Clock;
  reportFailure(error: unknown): void;
  /** Of the feed; a default unless given. */
  feedRecordsMax?: number;
}

export type SqliteStores = ReturnType<typeof openSqliteStores>;

/** Opens a database, ":memory:" for one without a file, and the stores over it. Throws as {@link openDatabase} does. */
export function openSqliteStores(file: string, { reportFailure, feedRecordsMax, ...parts }: StoreOptions) {
  const writes = new GroupCommit(openDatabase(file), parts);
  const positions = new SqliteReadPositions(writes, parts.clock, reportFailure);
  const feed = new SqliteFeed(writes, feedRecordsMax);
  return {
    writes,
    users: new SqliteUserStore(writes),
    conversations: new SqliteConversationStore(writes, positions),
    history: new SqliteHistoryStore(writes, feed),
    feed,
    followerStates: new SqliteFollowerStates(writes, parts.clock),
    totals: new SqliteTotals(writes, () => databaseSize(file)),
    /** Writes the pending read positions, and closes the database. Positions that can't be written are lost. */
    async close(): Promise<void> {
      await positions.flush().catch(reportFailure);
      await writes.close();
    },
  };
}
