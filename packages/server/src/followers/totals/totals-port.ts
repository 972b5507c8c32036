import type { followerNames } from '@parley/protocol';
import type { FeedRecord } from '../../feed/feed-port.ts';
import type { ProgressChange } from '../follower.ts';

/** The name under which the totals follow the feed. */
export const totalsFollower = 'totals' satisfies (typeof followerNames)[number];

export interface TotalCounts {
  users: number;
  /** Those that have members: the three kinds together. */
  conversations: number;
  directConversations: number;
  groups: number;
  channels: number;
  messages: number;
  databaseBytes: number;
}

/** What new entries of one partition add. */
export interface TotalsChange {
  change: ProgressChange;
  messages: number;
  /** Entries that are no messages: a conversation is counted from its first entry to the one by which its last member left. */
  notices: readonly FeedRecord[];
}

/** How much a server holds, for its administrators. */
export interface TotalsStore {
  /** Exact as of what the follower has applied; counted from the stores where it was not built yet. */
  read(): Promise<TotalCounts>;
  /**
   * Adds, and moves the follower on, in one transaction for each partition. Rejects with {@link Unavailable} when a
   * partition is not where it was; others may be done.
   */
  add(changes: readonly TotalsChange[]): Promise<void>;
  /** Counts one partition from the stores, as of one moment, and has the follower be at that moment. */
  rebuild(partition: number): Promise<void>;
}
