import type { ConversationId } from '@parley/protocol';
import type { Epoch } from '../conversations/conversations-port.ts';
import type { LogReach } from '../history/history-port.ts';

/** One decided entry or amendment. It has no text: a follower reads the present state from the stores. */
export interface FeedRecord {
  conversationId: ConversationId;
  /** The number of the entry; of an amendment, that of the message that it changed. */
  seq: number;
  /** The revision of the conversation that an amendment made; 0 for an entry. */
  revision: number;
  kind: string;
  /** The position of its command. A command that is decided again, after a crash, has the position that it had. */
  position: number;
  /**
   * The command was decided before. This record may have been fed before too, and its entry may be that of another
   * command, which the sender repeated.
   */
  again: boolean;
}

/** What the decision of a stretch of the command log came to, in the order of the log. */
export interface FeedPart {
  /** The decided stretch. Stretches without records are fed too, so that a gap shows that something was not fed. */
  reach: LogReach;
  /** The history that the numbers belong to. */
  epoch: Epoch;
  records: readonly FeedRecord[];
}

/** Where decided work goes, for the followers. */
export interface FeedWriter {
  /**
   * Takes what was decided, after it was committed. Resolves without waiting for the feed to have it. The feed has it
   * before the position of the commands is noted as done, so that after a crash they are decided and fed again: every
   * record is fed at least once, those of a partition in their order. Rejects with {@link Unavailable} when too much
   * waits to be written.
   */
  append(parts: readonly FeedPart[]): Promise<void>;
}

/** The writer of a shape whose history store writes the feed in the transaction that decides. */
export const fedByTheStore: FeedWriter = { append: async () => undefined };

/** Most records that are taken at once, but for the last part. */
export const takeMax = 2_000;

/** The feed as its followers read it. */
export interface Feed {
  /**
   * Begins to read for the follower, from where it was. `wake` is called when there may be something to take. Of several
   * processes that read for one follower, each has some of the partitions.
   */
  open(follower: string, wake: () => void): Promise<FeedReader>;
}

export interface FeedReader {
  /** The partitions that this reader has now. */
  readonly partitions: ReadonlySet<number>;
  /**
   * The next parts, each partition's in their order; none when there is nothing. Until they are {@link done} the same
   * come again. Where parts were dropped, the next one begins after the gap. Rejects with {@link Unavailable}.
   */
  take(): Promise<readonly FeedPart[]>;
  /** Whether the last {@link take} left something that it could have taken. */
  readonly hasMore: boolean;
  /** What was taken last of these partitions is applied: it does not come again, except after a crash. */
  done(partitions: ReadonlySet<number>): void;
  close(): Promise<void>;
}
