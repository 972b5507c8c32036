import type { followerNames } from '@parley/protocol';
import type { FeedRecord } from '../../feed/feed-port.ts';
import type { ProgressChange } from '../follower.ts';

/** The name of the follower that keeps the totals. */
export const totalsFollower = 'totals' satisfies (typeof followerNames)[number];

/** Up to this number on one server, accounts are counted. Above it, their number is estimated. */
export const countedUsersMax = 100_000;

export interface TotalCounts {
  users: number;
  /** Present when `users` is an estimate, because counting would read every account. */
  usersEstimated?: true;
  /** The conversations of all three kinds that have members. */
  conversations: number;
  directConversations: number;
  groups: number;
  channels: number;
  messages: number;
  databaseBytes: number;
}

/** The new entries of one partition that change the totals. */
export interface TotalsChange {
  change: ProgressChange;
  messages: number;
  /** Entries without text. A conversation counts from its first entry until its last member leaves. */
  notices: readonly FeedRecord[];
}

/** The totals that administrators see. */
export interface TotalsStore {
  /** Returns the totals as of the follower's position. Counts the partitions that are not built yet from the stores. */
  read(): Promise<TotalCounts>;
  /**
   * Adds the changes and advances the follower, in one transaction per partition. Rejects with {@link Unavailable} if
   * the progress of a partition has changed; other partitions may already be committed.
   */
  add(changes: readonly TotalsChange[]): Promise<void>;
  /** Counts one partition in a snapshot of the stores, and sets the follower's progress to the snapshot's position. */
  rebuild(partition: number): Promise<void>;
}
