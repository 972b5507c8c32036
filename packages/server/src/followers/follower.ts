import type { followerNames } from '@parley/protocol';
import type { Epoch } from '../conversations/conversations-port.ts';
import type { FeedRecord } from '../feed/feed-port.ts';

/** Up to where the commands of a partition are applied by a follower, or decided by the store. */
export interface Progress {
  epoch: Epoch;
  /** Which command log; the empty string before there was one. */
  logId: string;
  to: number;
}

/** Moves a follower on in one partition, if it is where it was. */
export interface ProgressChange {
  partition: number;
  before: Progress;
  to: number;
}

/** What a follower has not applied yet of one partition, in the order of its commands. */
export interface FreshRecords {
  change: ProgressChange;
  epoch: Epoch;
  records: readonly FeedRecord[];
}

/**
 * Something that is kept up to date with what is decided: a count, an index, what others are told. It never delays
 * those who send.
 */
export interface Follower {
  readonly name: string;
  /**
   * Applies the records of these partitions and makes the change of each: both or neither, where the effect is in the
   * same store. Rejects with {@link Unavailable} when that can't be done now, or when a partition is not where it was;
   * then the same records may come again.
   */
  apply(fresh: readonly FreshRecords[]): Promise<void>;
  /**
   * Makes the effect of one partition from the stores, as of one moment, with the progress of that moment. What was set
   * aside in it is forgotten. Rejects with {@link Unavailable}.
   */
  rebuild(partition: number): Promise<void>;
}

/** A record that a follower could not apply. */
export interface SetAsideRecord extends Pick<FeedRecord, 'conversationId' | 'seq' | 'revision' | 'kind'> {
  reason: string;
}

/** How many of the newest set-aside records are kept for each partition; all are counted. */
export const setAsideKept = 20;

export type FollowerName = (typeof followerNames)[number];

/** How far a follower is, over all partitions. */
export interface FollowerReport {
  name: FollowerName;
  /** Commands whose outcome is applied. */
  position: number;
  /** Commands that are decided and not applied. */
  lagRecords: number;
  /** For how long it has been behind; 0 when it is not. */
  lagSeconds: number;
  /** Partitions whose effect has to be made from the stores first. */
  unbuiltPartitions: number;
  setAside: number;
  newestSetAside: SetAsideRecord[];
}

/** How far followers are. Kept in the stores whose commands they follow, so that both go back in time together. */
export interface FollowerStates {
  /**
   * How far the follower is in each of these partitions, and how far the store is; `applied` is undefined for one that
   * was never built, or was reset.
   */
  read(
    follower: string,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, { applied: Progress | undefined; decided: Progress }>>;
  /** Makes the change, and notes the record that it passes over. Rejects with {@link Unavailable} as `apply` does. */
  setAside(follower: string, change: ProgressChange, record: SetAsideRecord): Promise<void>;
  /** Notes that the follower is as far as the store in those of these partitions where it is; `report` says since when. */
  confirm(follower: string, partitions: readonly number[]): Promise<void>;
  /** How far the follower is. Of a follower without progress, all partitions are unbuilt. */
  report(follower: FollowerName): Promise<FollowerReport>;
  /** Forgets how far the follower is: it is built from the stores again. */
  reset(follower: string): Promise<void>;
}
