import { PostgresConversationStore } from './conversation-store.ts';
import { PostgresFollowerStates } from './follower-states.ts';
import { PostgresHistoryStore } from './history-store.ts';
import { PostgresServerSettings } from './server-settings.ts';
import type { ShardedDatabase } from './sharded-database.ts';
import { PostgresTotals } from './totals.ts';
import { PostgresUserStore } from './user-store.ts';

/** The stores over the servers of a cluster. */
export function postgresStores(database: ShardedDatabase) {
  return {
    users: new PostgresUserStore(database),
    conversations: new PostgresConversationStore(database),
    history: new PostgresHistoryStore(database),
    serverSettings: new PostgresServerSettings(database),
    followerStates: new PostgresFollowerStates(database),
    totals: new PostgresTotals(database),
  };
}
