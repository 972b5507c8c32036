import type { ConversationId, Entry, UserId } from '@parley/protocol';
import type { ConversationHead, Participant } from '../conversations/conversation.ts';
import type { Epoch } from '../conversations/conversations-port.ts';

/** A range of a partition of the command log. A partition has the commands of the shard with the same number. */
export interface LogReach {
  partition: number;
  /** Identifies the log: positions in a recreated log start from 0 again. */
  logId: string;
  /** The position of the first record, and the position after the last one. */
  from: number;
  to: number;
}

/** The log and the position up to which a partition's commands are decided. */
export type Decided = Pick<LogReach, 'logId' | 'to'>;

/** The rows of a shard that a batch of commands is decided by; see `factsNeeded`. */
export interface Facts {
  /** The heads of the conversations that the batch names; conversations that do not exist are missing. */
  heads: Map<ConversationId, ConversationHead>;
  /** The participants that the batch names, including former ones, by {@link participantKey}. */
  participants: Map<string, Participant>;
  /** Entries that commands of the batch made earlier, by {@link repeatKey}. */
  repeats: Map<string, Entry>;
  /** By partition; partitions without a decided position are missing. */
  decided: Map<number, Decided>;
  /** The epochs of the conversations, where they can change while the process runs. */
  epochs: Map<ConversationId, Epoch>;
  /** The feature level of the store; of several servers, the highest. */
  level: number;
}

/** The keys of the rows that the decision of a batch needs. */
export interface FactsNeeded {
  conversationIds: ConversationId[];
  participants: { conversationId: ConversationId; userId: UserId }[];
  repeats: { conversationId: ConversationId; actorId: UserId; commandId: string }[];
  /** The ranges of the batch in a log that outlives its processes; empty for the embedded log. */
  reaches: readonly LogReach[];
}

export function participantKey(conversationId: ConversationId, userId: UserId): string {
  return `${conversationId}/${userId}`;
}

export function repeatKey(conversationId: ConversationId, actorId: UserId, commandId: string): string {
  return `${conversationId}/${actorId}/${commandId}`;
}

/** The rows to write: all or none. */
export interface Changes {
  entries: { entry: Entry; commandId: string }[];
  heads: ConversationHead[];
  participants: Participant[];
  /** The ranges of the log that are decided by this, whether they made entries or not. */
  reaches: readonly LogReach[];
}

/** The decision of a batch: the changes to write, and a result for the caller. */
export interface Decision<Result> {
  changes: Changes;
  result: Result;
}

/** The entries of all conversations. The only writer of heads, entries and participants. */
export interface HistoryStore {
  /**
   * Runs one transaction: loads what is `needed`, calls `decide` (pure; called again when the transaction is repeated)
   * and writes its changes. Resolves when they are durable (contract 1). Transactions with a common conversation or
   * partition are serialized across all servers. Rejects with {@link Unavailable} when it failed; then either nothing
   * or all of it was written.
   */
  apply<Result>(needed: FactsNeeded, decide: (facts: Facts) => Decision<Result>): Promise<Result>;

  /**
   * Corrects the times by which lists sort conversations of this partition: a conversation whose newest entry is more
   * than `aheadMaxMs` after `nowMs` is listed just before `asOfMs`, in the previous order among such conversations,
   * until its next entry. `lastEntryAtMs` of a `ConversationStore` is this time; entries, and the heads that `apply`
   * loads, keep theirs. Returns the number of conversations corrected; earlier corrections stay. Does not read
   * conversations whose newest entry is more than an hour old.
   */
  settleActivity(partition: number, times: { nowMs: number; asOfMs: number }): Promise<number>;

  /**
   * Entries with `fromSeq` ≤ seq ≤ `toSeq`, ascending when `order` is 'oldest_first', descending otherwise, at most
   * `limit`. Stops once their text exceeds `textBytes`, but returns at least one entry. Includes every entry that was
   * acknowledged before the call (contract 6).
   */
  range(query: HistoryRange): Promise<Entry[]>;

  /** The number of messages of the conversation up to `seq`; 0 for 0. `seq` must not be past the head. */
  messageCountAt(conversationId: ConversationId, seq: number): Promise<number>;
}

export interface HistoryRange {
  conversationId: ConversationId;
  fromSeq: number;
  toSeq: number;
  order: 'oldest_first' | 'newest_first';
  limit: number;
  textBytes: number;
}

/**
 * Whether the log has undecided commands of the conversation's shard: entries that a restore lost may then come back
 * under their numbers. Always false in the embedded shape, whose log ends with its process.
 */
export type IsCatchingUp = (conversationId: ConversationId) => Promise<boolean>;
