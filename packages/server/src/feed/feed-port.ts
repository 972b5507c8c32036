import type { ConversationId } from '@parley/protocol';
import type { Epoch } from '../conversations/conversations-port.ts';
import type { LogReach } from '../history/history-port.ts';

/** One committed entry or amendment. It has no text: a follower reads the current state from the stores. */
export interface FeedRecord {
  conversationId: ConversationId;
  /** The number of the entry, or of the message that the amendment changed. */
  seq: number;
  /** The conversation's revision after the amendment; 0 for an entry. */
  revision: number;
  kind: string;
  /** The log position of its command. A command that is processed again after a crash keeps its position. */
  position: number;
  /**
   * The command had already been processed. The feed may already contain this record, possibly under the position of an
   * earlier copy of the command, if the sender retried it.
   */
  again: boolean;
}

/** The records that a range of the command log produced, in log order. */
export interface FeedPart {
  /** The range of the log. Ranges without records are written too, so that a gap means that records are missing. */
  reach: LogReach;
  /** The epoch of the history that the entry numbers belong to. */
  epoch: Epoch;
  records: readonly FeedRecord[];
}

/** Writes records to the feed, for the followers. */
export interface FeedWriter {
  /**
   * Queues parts for writing, after their entries were committed to the store. Resolves without waiting for the write.
   * The parts are written before the position of their commands is committed. After a crash the commands are therefore
   * processed again: every record is delivered at least once, in order within a partition.
   */
  append(parts: readonly FeedPart[]): Promise<void>;
}

/** For a shape whose history store writes the feed in the same transaction as the entries. */
export const fedByTheStore: FeedWriter = { append: async () => undefined };

/** The maximum number of records that one `take` returns. The last part may exceed it. */
export const takeMax = 2_000;

/** The feed, as followers read it. */
export interface Feed {
  /**
   * Starts reading at the position that the follower has reached. The reader calls `wake` when new parts may be
   * available. If several processes read for one follower, the partitions are divided among them.
   */
  open(follower: string, wake: () => void): Promise<FeedReader>;
}

export interface FeedReader {
  /** The partitions that are assigned to this reader now. */
  readonly partitions: ReadonlySet<number>;
  /**
   * Returns the next parts, in order within each partition; an empty array if there are none. Returns the same parts
   * again until {@link done} acknowledges them. If the feed dropped parts, the next one begins after the gap. Rejects
   * with {@link Unavailable}.
   */
  take(): Promise<readonly FeedPart[]>;
  /** Whether more parts were available than the last {@link take} returned. */
  readonly hasMore: boolean;
  /** Acknowledges the last taken parts of these partitions. They are not returned again, except after a crash. */
  done(partitions: ReadonlySet<number>): void;
  close(): Promise<void>;
}
