import type { ConversationId, MessageEntry, ReadPoint, UserId } from '@parley/protocol';
import type { SearchQuery } from '../platform/search-position.ts';
import type { Ban, ConversationHead, Participant } from './conversation.ts';

/** How far a user has read a conversation. */
export interface ReadPosition extends ReadPoint {
  /** The number of messages up to `seq`. */
  messageCount: number;
  /**
   * The greatest number that the user had read before marking the conversation as unread, which other members keep
   * seeing; 0 if the user never did.
   */
  receiptSeq: number;
}

/** Where a read position is to move: an entry, and the number of messages up to it. */
export interface ReadTarget {
  seq: number;
  messageCount: number;
}

/** A read position with the revision of its last change, see {@link Snapshot.readRevision}. */
export interface ChangedReadPosition extends ReadPosition {
  conversationId: ConversationId;
  revision: number;
}

/** A conversation with all data that the view of a member is made of. */
export interface OwnConversation {
  head: ConversationHead;
  participant: Participant;
  read: ReadPosition;
  /** The newest message, if the member may read it. */
  lastMessage: MessageEntry | null;
  /** The other person of a direct conversation. */
  partnerId: UserId | null;
  epoch: Epoch;
}

/**
 * Identifies the history that the numbers of a shard belong to; a different value means that the shard was restored to
 * an earlier moment. Undefined where it is not known, which means nothing.
 */
export type Epoch = string | undefined;

/** A position in a homepage: rows after it are older. */
export interface HomepagePosition {
  atMs: number;
  conversationId: ConversationId;
}

export interface HomepageQuery {
  userId: UserId;
  /** Starts after this position; at the most recent conversation when null. */
  after: HomepagePosition | null;
  limit: number;
  /** Whether to include conversations that the user has left. */
  left: boolean;
  /** Whether an amendment counts as activity; a client that was away looks for what has changed in this order. */
  byChange?: boolean;
}

/** A row of a homepage: a conversation of the user, or one that the user left at `atMs`. */
export type HomepageRow =
  | { kind: 'own'; atMs: number; conversation: OwnConversation }
  | { kind: 'left'; atMs: number; conversationId: ConversationId };

/** A page of a homepage. */
export interface HomepagePage {
  /**
   * Any page may have fewer rows than requested: conversations that the user leaves while the page is read are not in
   * it.
   */
  rows: HomepageRow[];
  /** The position of the next page; null on the last page. */
  next: HomepagePosition | null;
}

/** The state that a connection starts from: the first page of the homepage, and the fields below. */
export interface Snapshot extends HomepagePage {
  /** Of the user's shard. */
  epoch: Epoch;
  /**
   * The newest revision among the user's read positions; 0 before the first change. Each change gets a greater one. The
   * rows, and every later read, include the changes up to it. No other change ever gets this revision, not even after a
   * crash that lost the change.
   */
  readRevision: number;
}

/** A conversation and the participant of one user, if there is one. */
export interface HeadAndParticipant {
  head: ConversationHead;
  participant: Participant | undefined;
  epoch: Epoch;
}

/** Reads of conversations and participants, the index by user, and read positions. */
export interface ConversationStore {
  /** The epoch of the shard of a conversation or a user. */
  epochOf(id: ConversationId | UserId): Promise<Epoch>;

  head(conversationId: ConversationId): Promise<ConversationHead | undefined>;

  /**
   * Conversations with the user's participant, also a former one, each as of one moment: all entries up to the head can
   * be read. Conversations that do not exist are missing. Includes everything that was acknowledged before the call
   * (contract 6, 8).
   */
  headsAndParticipants(
    conversationIds: readonly ConversationId[],
    userId: UserId,
  ): Promise<Map<ConversationId, HeadAndParticipant>>;

  /** Returns former participants too. Includes everything that was acknowledged before the call (contract 6, 8). */
  participant(conversationId: ConversationId, userId: UserId): Promise<Participant | undefined>;

  /** Current members in the order of (joinedSeq, userId), after the given one. */
  members(
    conversationId: ConversationId,
    page: { after: { joinedSeq: number; userId: UserId } | null; limit: number },
  ): Promise<Participant[]>;

  /**
   * Bans in the order of the entries that made them, the newest first, from before the entry `before`. Includes
   * everything that was acknowledged before the call (contract 6).
   */
  bans(conversationId: ConversationId, page: { before: number | null; limit: number }): Promise<Ban[]>;

  /**
   * Writes rows of the index by user. Idempotent, and safe in any order: a row with a smaller `changedSeq` than the
   * stored one changes only `broadcast`, which never goes back to false.
   */
  indexParticipants(rows: readonly { participant: Participant; broadcast: boolean }[]): Promise<void>;

  /** The broadcast conversations in which the index lists this user as a member. */
  broadcastConversations(userId: UserId): Promise<ConversationId[]>;

  /** One conversation as in a homepage; undefined when the user is not a member. */
  own(userId: UserId, conversationId: ConversationId): Promise<OwnConversation | undefined>;

  /**
   * The user's conversations and, if requested, those that the user left, by descending time of the last activity or
   * change, then
   * by descending id. A direct conversation without messages is listed only for the user who opened it; a closed
   * conversation only as left. Reads at most one page of the conversations that were left.
   */
  homepage(query: HomepageQuery): Promise<HomepagePage>;

  /** See {@link Snapshot}. */
  snapshot(query: Omit<HomepageQuery, 'after'>): Promise<Snapshot>;

  /** Public channels that are not closed, in the order of (term, id), each once. */
  searchChannels(query: SearchQuery): Promise<{ head: ConversationHead; term: string }[]>;

  /** See `RefreshableTerms`; goes through the channels that search can find. */
  refreshTerms(after: string | null, limit: number): Promise<string | null>;

  /**
   * Moves the read position forward, never back, and returns the resulting position; every later read includes it.
   * Changes nothing if the position has a later version than `version`, if given. A crash within a second may lose the
   * change.
   */
  advanceReadPosition(
    userId: UserId,
    conversationId: ConversationId,
    to: ReadTarget & { version?: number | undefined },
  ): Promise<ReadPosition>;

  /**
   * Sets the read position, also back, and makes it the next version; changes nothing if the position is later than
   * `from` (`isLaterThan`). Returns the resulting position, which is on disk; every later read includes it.
   */
  markUnread(userId: UserId, conversationId: ConversationId, from: ReadPoint, to: ReadTarget): Promise<ReadPosition>;

  /** The user's read positions that changed after this revision, in the order of the revision of their last change. */
  readPositionsAfter(userId: UserId, page: { revision: number; limit: number }): Promise<ChangedReadPosition[]>;

  /** Those of these conversations in which the user has a read position. */
  withReadPosition(userId: UserId, conversationIds: readonly ConversationId[]): Promise<Set<ConversationId>>;

  /** The read positions of these users; users without one are not in the map. */
  readPositions(conversationId: ConversationId, userIds: readonly UserId[]): Promise<Map<UserId, ReadPosition>>;
}
