import type { followerNames } from '@parley/protocol';
import type { Epoch } from '../conversations/conversations-port.ts';
import type { FeedRecord } from '../feed/feed-port.ts';

/** The position in a partition up to which a follower has applied the commands, or the store has processed them. */
export interface Progress {
  epoch: Epoch;
  /** The id of the command log; empty before the first log exists. */
  logId: string;
  to: number;
}

/** Advances a follower in one partition, if its progress still equals `before`. */
export interface ProgressChange {
  partition: number;
  before: Progress;
  to: number;
}

/** The records of one partition that a follower has not applied yet, in log order. */
export interface FreshRecords {
  change: ProgressChange;
  epoch: Epoch;
  records: readonly FeedRecord[];
}

/** Derives data from committed entries: counts, an index, notifications. It never delays senders. */
export interface Follower {
  readonly name: string;
  /**
   * Applies the records of these partitions and advances the follower's progress, atomically if the derived data is in
   * the same store as the progress. Resolves to the partitions that can't be updated from their records and have to be
   * rebuilt; nothing is applied in these. Rejects with {@link Unavailable} when a store is unavailable, or when the
   * progress of a partition has changed; the same records may then be passed again.
   */
  apply(fresh: readonly FreshRecords[]): Promise<readonly number[]>;
  /**
   * Builds the derived data of one partition from a snapshot of the stores, and sets the progress to the position of
   * that snapshot. Deletes the set-aside records of the partition. Rejects with {@link Unavailable}.
   */
  rebuild(partition: number): Promise<void>;
}

/** A record that a follower could not apply. */
export interface SetAsideRecord extends Pick<FeedRecord, 'conversationId' | 'seq' | 'revision' | 'kind'> {
  reason: string;
}

/** The number of set-aside records that are kept for each partition, newest first. The count includes all of them. */
export const setAsideKept = 20;

export type FollowerName = (typeof followerNames)[number];

/** The progress of a follower, summed over all partitions. */
export interface FollowerReport {
  name: FollowerName;
  /** The number of commands that the follower has applied. */
  position: number;
  /** The number of processed commands that the follower has not applied yet. */
  lagRecords: number;
  /** How long the follower has been behind; 0 if it is up to date. */
  lagSeconds: number;
  /** The number of partitions that the follower must still build from the stores. */
  unbuiltPartitions: number;
  setAside: number;
  newestSetAside: SetAsideRecord[];
}

/** The progress of followers. It is in the same stores as the entries, so that a restore takes both back together. */
export interface FollowerStates {
  /**
   * Returns the progress of the follower and of the store in each of these partitions. `applied` is undefined if the
   * partition was never built or was reset.
   */
  read(
    follower: string,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, { applied: Progress | undefined; decided: Progress }>>;
  /** Advances past a record and stores it as set aside. Rejects with {@link Unavailable} as `apply` does. */
  setAside(follower: string, change: ProgressChange, record: SetAsideRecord): Promise<void>;
  /** Stores the time for those of these partitions that are up to date; `report` computes the lag from it. */
  confirm(follower: string, partitions: readonly number[]): Promise<void>;
  /** Reports the progress. All partitions of a follower without progress count as unbuilt. */
  report(follower: FollowerName): Promise<FollowerReport>;
  /** Deletes the progress of the follower, which then builds its data from the stores again. */
  reset(follower: string): Promise<void>;
}
