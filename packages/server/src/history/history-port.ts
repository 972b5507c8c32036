import type { ConversationId, Entry, MessageEntry, UserId } from '@parley/protocol';
import type { AmendmentRecord, StoredMessage, UserReaction } from '../conversations/amendment.ts';
import type { BanChange, ConversationHead, Participant } from '../conversations/conversation.ts';
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
  /** The users that are banned, of those that the batch names, by {@link participantKey}. */
  banned: Set<string>;
  /** Entries that commands of the batch made earlier, by {@link repeatKey}. */
  repeats: Map<string, StoredMessage>;
  /** Only if they are needed. */
  amendments?: AmendmentFacts;
  /** By partition; partitions without a decided position are missing. */
  decided: Map<number, Decided>;
  /** The epochs of the conversations, where they can change while the process runs. */
  epochs: Map<ConversationId, Epoch>;
  /** The feature level of the store; of several servers, the highest. */
  level: number;
}

/** The rows that amendments and replies of a batch are decided by. */
export interface AmendmentFacts {
  /** By {@link messageKey}. */
  messages: Map<string, StoredMessage>;
  /** The reactions that are set, by {@link reactionKey}. */
  reactions: Set<string>;
  /** Conversations without pinned messages are missing. */
  pinCounts: Map<ConversationId, number>;
  /** Amendments that commands of the batch made earlier, by {@link repeatKey}. */
  records: Map<string, AmendmentRecord>;
}

export interface AmendmentFactsNeeded {
  messages: { conversationId: ConversationId; seq: number }[];
  reactions: UserReaction[];
  pinCounts: ConversationId[];
  records: { conversationId: ConversationId; actorId: UserId; commandId: string }[];
}

/** The keys of the rows that the decision of a batch needs. */
export interface FactsNeeded {
  conversationIds: ConversationId[];
  participants: { conversationId: ConversationId; userId: UserId }[];
  banned: { conversationId: ConversationId; userId: UserId }[];
  repeats: { conversationId: ConversationId; actorId: UserId; commandId: string }[];
  /** The ranges of the batch in a log that outlives its processes; empty for the embedded log. */
  reaches: readonly LogReach[];
  /** Absent for a batch without amendments and replies. */
  amendments?: AmendmentFactsNeeded;
}

export function participantKey(conversationId: ConversationId, userId: UserId): string {
  return `${conversationId}/${userId}`;
}

export function repeatKey(conversationId: ConversationId, actorId: UserId, commandId: string): string {
  return `${conversationId}/${actorId}/${commandId}`;
}

export function messageKey(conversationId: ConversationId, seq: number): string {
  return `${conversationId}/${seq}`;
}

export function reactionKey({ conversationId, seq, emoji, userId }: UserReaction): string {
  return `${conversationId}/${seq}/${userId}/${emoji}`;
}

/** The rows to write: all or none. */
export interface Changes {
  entries: (StoredMessage & { commandId: string })[];
  heads: ConversationHead[];
  participants: Participant[];
  /** One for each user and conversation. */
  banChanges: BanChange[];
  /** The ranges of the log that are decided by this, whether they made entries or not. */
  reaches: readonly LogReach[];
  /** Absent when there are none. */
  amendments?: AmendmentChanges;
}

export interface AmendmentChanges {
  /**
   * The state after the batch of messages that existed before it. The store also removes the reactions to deleted ones.
   */
  messages: StoredMessage<MessageEntry>[];
  /** In the order in which they were decided. Those of reactions are fed, but not stored. */
  records: AmendmentRecord[];
  reactions: (UserReaction & { set: boolean })[];
  pins: { conversationId: ConversationId; seq: number; set: boolean }[];
}

/** The decision of a batch: the changes to write, and a result for the caller. */
export interface Decision<Result> {
  changes: Changes;
  result: Result;
}

/** The entries of all conversations. The only writer of heads, entries, participants and bans. */
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

  /**
   * The entries of ranges of different conversations, in the order of the ranges, each ascending. Stops before their
   * encoded size exceeds `bytes`, but returns at least one entry, see `withinSize`. Includes every entry that was
   * acknowledged before the call (contract 6).
   */
  ranges(ranges: readonly EntryRange[], bytes: number): Promise<Entry[]>;

  /**
   * The present state of the messages with a greater revision than `after` and at least the number `fromSeq`, in the
   * order of their revisions, at most `limit`. Stops once their text exceeds `textBytes`, but returns at least one.
   * Includes every amendment that was acknowledged before the call (contract 6).
   */
  changes(query: ChangesQuery): Promise<MessageEntry[]>;

  /** The number of messages with a greater revision than `after`; stops counting at `max`. */
  changedCount(conversationId: ConversationId, after: number, max: number): Promise<number>;

  /** The messages with these numbers, by number; other numbers are left out. */
  messages(conversationId: ConversationId, seqs: readonly number[]): Promise<MessageEntry[]>;

  /** The pinned messages, newest first. */
  pins(conversationId: ConversationId): Promise<MessageEntry[]>;

  /** Those of these reactions that the user has set. They may be of different conversations. */
  ownReactions(userId: UserId, reactions: readonly MessageReaction[]): Promise<MessageReaction[]>;

  /** The users who reacted to a message with this emoji, by id, after the given one. */
  reactedUsers(reaction: MessageReaction, page: { after: UserId | null; limit: number }): Promise<UserId[]>;

  /** The number of messages of the conversation up to `seq`; 0 for 0. `seq` must not be past the head. */
  messageCountAt(conversationId: ConversationId, seq: number): Promise<number>;
}

/** An emoji with which somebody may have reacted to a message. */
export type MessageReaction = Omit<UserReaction, 'userId'>;

/** Entries with `fromSeq` ≤ seq ≤ `toSeq`. */
export interface EntryRange {
  conversationId: ConversationId;
  fromSeq: number;
  toSeq: number;
}

export interface HistoryRange extends EntryRange {
  order: 'oldest_first' | 'newest_first';
  limit: number;
  textBytes: number;
}

export interface ChangesQuery {
  conversationId: ConversationId;
  after: number;
  fromSeq: number;
  limit: number;
  textBytes: number;
}

/**
 * Returns those of these conversations whose shard has undecided commands in the log: entries that a restore lost may
 * then come back under their numbers. Returns none in the embedded shape, whose log ends with its process.
 */
export type FindCatchingUp = (conversationIds: readonly ConversationId[]) => Promise<ReadonlySet<ConversationId>>;
