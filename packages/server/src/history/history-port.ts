import type { ConversationId, Entry, UserId } from '@parley/protocol';
import type { ConversationHead, Participant } from '../conversations/conversation.ts';
import type { Epoch } from '../conversations/conversations-port.ts';

/** A stretch of a log's partition, whose commands are those of the shard of the same number. */
export interface LogReach {
  partition: number;
  /** Which log: one that was made anew counts from 0 again. */
  logId: string;
  /** The position of the first record, and of the first one after the last. */
  from: number;
  to: number;
}

/** Up to which position of which log a partition's commands are decided. */
export type Decided = Pick<LogReach, 'logId' | 'to'>;

/** What the rule needs to know of the shard to decide a batch of commands; see `factsNeeded`. */
export interface Facts {
  /** The heads of the conversations that the batch names; a missing one doesn't exist. */
  heads: Map<ConversationId, ConversationHead>;
  /** The participants, former ones too, that the batch names, by {@link participantKey}. */
  participants: Map<string, Participant>;
  /** Entries whose command comes again, by {@link repeatKey}. */
  repeats: Map<string, Entry>;
  /** By partition; one of which nothing is known is missing. */
  decided: Map<number, Decided>;
  /** Which history the conversations' numbers belong to, where that can change while the process runs. */
  epochs: Map<ConversationId, Epoch>;
  /** The feature level of the store; of several servers, the highest. */
  level: number;
}

/** What a batch's decision needs to be loaded. */
export interface FactsNeeded {
  conversationIds: ConversationId[];
  participants: { conversationId: ConversationId; userId: UserId }[];
  repeats: { conversationId: ConversationId; actorId: UserId; commandId: string }[];
  /** What the batch is of a log that outlives its processes; none of one that ends with its process. */
  reaches: readonly LogReach[];
}

export function participantKey(conversationId: ConversationId, userId: UserId): string {
  return `${conversationId}/${userId}`;
}

export function repeatKey(conversationId: ConversationId, actorId: UserId, commandId: string): string {
  return `${conversationId}/${actorId}/${commandId}`;
}

/** What is to be written: all of it or nothing. */
export interface Changes {
  entries: { entry: Entry; commandId: string }[];
  heads: ConversationHead[];
  participants: Participant[];
  /** What is decided with this, whether it made entries or not. */
  reaches: readonly LogReach[];
}

/** A batch's decision: what to write, and whatever the caller wants back. */
export interface Decision<Result> {
  changes: Changes;
  result: Result;
}

/** The conversations' logs. The only writer of heads, entries and participants. */
export interface HistoryStore {
  /**
   * One transaction: loads what is `needed`, calls `decide` (pure; may be called again when the transaction is
   * repeated), writes its changes. Resolves when they are durable (contract 1). Transactions that name a common
   * conversation, or a partition, happen one after the other, on every server. Rejects with {@link Unavailable} when
   * it could not be carried out; nothing, or all, was written.
   */
  apply<Result>(needed: FactsNeeded, decide: (facts: Facts) => Decision<Result>): Promise<Result>;

  /**
   * Conversations of this partition of the log whose newest entry is dated more than `aheadMaxMs` after `nowMs` come
   * just before `asOfMs` in lists, in the order that they had, until their next entry: their `lastEntryAtMs` in a
   * `ConversationStore` is that. Entries keep their times, and heads those that `apply` loads. Returns how many were
   * put so; those that were before stay as they are. Reads nothing of what is dated rightly.
   */
  settleActivity(partition: number, times: { nowMs: number; asOfMs: number }): Promise<number>;

  /**
   * Entries with `fromSeq` ≤ seq ≤ `toSeq`, ascending when `order` is 'oldest_first', descending otherwise, at most
   * `limit`, ending early once their text exceeds `textBytes` (but never empty for that). Shows every entry that was
   * acknowledged before the call (contract 6).
   */
  range(query: HistoryRange): Promise<Entry[]>;

  /** How many messages the conversation had up to `seq`; 0 for 0. `seq` must not be past the head. */
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
 * Whether the log has commands of the conversation's shard that are not decided: what is missing after a restore may
 * then come back, under the numbers that it had. Never in the embedded shape, whose log ends with its process.
 */
export type IsCatchingUp = (conversationId: ConversationId) => Promise<boolean>;
