import type { Clock } from '../../platform/clock.ts';
import { type CheckpointOptions, Checkpoints } from './checkpoints.ts';
import { SqliteConversationStore } from './conversation-store.ts';
import { databaseSize, openDatabase } from './database.ts';
import { SqliteFeed } from './feed.ts';
import { SqliteFollowerStates } from './follower-states.ts';
import { GroupCommit, type GroupCommitParts } from './group-commit.ts';
import { SqliteHistoryStore } from './history-store.ts';
import { SqliteReadPositions } from './read-positions.ts';
import { SqliteServerSettings } from './server-settings.ts';
import { SqliteTotals } from './totals.ts';
import { SqliteUserStore } from './user-store.ts';

interface StoreOptions extends Omit<GroupCommitParts, 'clock' | 'checkpoints'> {
  clock: Clock;
  reportFailure(error: unknown): void;
  /** Of the feed; a default unless given. */
  feedRecordsMax?: number;
  /** Null: SQLite checkpoints within a commit, without a thread. */
  checkpoints?: Omit<CheckpointOptions, 'reportFailure'> | null;
}

export type SqliteStores = ReturnType<typeof openSqliteStores>;

/** Opens a database, ":memory:" for one without a file, and the stores over it. Throws as {@link openDatabase} does. */
export function openSqliteStores(
  file: string,
  { reportFailure, feedRecordsMax, checkpoints: options, ...parts }: StoreOptions,
) {
  const database = openDatabase(file);
  const hasThread = file !== ':memory:' && options !== null && Checkpoints.areSupported(database);
  const checkpoints = hasThread ? new Checkpoints(database, { ...options, reportFailure }) : null;
  const writes = new GroupCommit(database, { ...parts, checkpoints });
  const positions = new SqliteReadPositions(writes, parts.clock, reportFailure);
  const feed = new SqliteFeed(writes, feedRecordsMax);
  return {
    writes,
    users: new SqliteUserStore(writes),
    conversations: new SqliteConversationStore(writes, positions),
    history: new SqliteHistoryStore(writes, feed),
    feed,
    serverSettings: new SqliteServerSettings(writes),
    followerStates: new SqliteFollowerStates(writes, parts.clock),
    totals: new SqliteTotals(writes, () => databaseSize(file)),
    /** Writes the pending read positions, and closes the database. Positions that can't be written are lost. */
    async close(): Promise<void> {
      await positions.flush().catch(reportFailure);
      await writes.close();
    },
  };
}
