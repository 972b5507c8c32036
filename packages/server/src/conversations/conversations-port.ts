import type { ConversationId, MessageEntry, UserId } from '@parley/protocol';
import type { SearchQuery } from '../platform/search-position.ts';
import type { ConversationHead, Participant } from './conversation.ts';

/** How far somebody read: the number, and how many messages there were up to it. */
export interface ReadPosition {
  seq: number;
  messageCount: number;
}

/** A read position with the revision of its last change, see {@link Snapshot.readRevision}. */
export interface ChangedReadPosition extends ReadPosition {
  conversationId: ConversationId;
  revision: number;
}

/** A conversation with everything that its member's view is made of. */
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
 * Which history the numbers of a shard belong to; another one says that it was restored to an earlier moment. Nothing
 * where none is known, which says nothing.
 */
export type Epoch = string | undefined;

/** A position in a homepage: rows after it are older. */
export interface HomepagePosition {
  atMs: number;
  conversationId: ConversationId;
}

export interface HomepageQuery {
  userId: UserId;
  /** From here on; from the most recent when null. */
  after: HomepagePosition | null;
  limit: number;
  /** Whether it has the conversations that the user left, too. */
  left: boolean;
}

/** A row of a homepage, by recency: one's conversation, or one that was left at `atMs`. */
export type HomepageRow =
  | { kind: 'own'; atMs: number; conversation: OwnConversation }
  | { kind: 'left'; atMs: number; conversationId: ConversationId };

/** A page of a homepage. */
export interface HomepagePage {
  /** May be fewer than were asked for on any page: what the user left while the page was read is not in it. */
  rows: HomepageRow[];
  /** Where the next page begins; null when this is the last one. */
  next: HomepagePosition | null;
}

/** What a connection starts from, with the first page of the homepage. */
export interface Snapshot extends HomepagePage {
  /** Of the user's shard. */
  epoch: Epoch;
  /**
   * The newest revision among the user's read positions; 0 before the first change. Each change gets a greater one.
   * The rows, and every later read, show the changes up to it, and no other change ever gets it, not even after a crash
   * that lost the change.
   */
  readRevision: number;
}

/** A conversation, and what a user is or was in it. */
export interface HeadAndParticipant {
  head: ConversationHead;
  participant: Participant | undefined;
  epoch: Epoch;
}

/** Who is where: reads of conversations and participants, the index by user, and read positions. */
export interface ConversationStore {
  /** Of the shard of a conversation or a user. */
  epochOf(id: ConversationId | UserId): Promise<Epoch>;

  head(conversationId: ConversationId): Promise<ConversationHead | undefined>;

  /**
   * The conversation and the user's participant, former ones too, as of one moment: whatever is numbered up to the head
   * can be read. Shows everything that was acknowledged before the call (contract 6, 8).
   */
  headAndParticipant(conversationId: ConversationId, userId: UserId): Promise<HeadAndParticipant | undefined>;

  /** Former participants too. Shows everything that was acknowledged before the call (contract 6, 8). */
  participant(conversationId: ConversationId, userId: UserId): Promise<Participant | undefined>;

  /** Current members, by (joinedSeq, userId), after the given one. */
  members(
    conversationId: ConversationId,
    page: { after: { joinedSeq: number; userId: UserId } | null; limit: number },
  ): Promise<Participant[]>;

  /**
   * Writes rows of the index by user. Idempotent and safe in any order: a row older than what is there
   * (by `changedSeq`) changes nothing but `broadcast`, which once true stays true.
   */
  indexParticipants(rows: readonly { participant: Participant; broadcast: boolean }[]): Promise<void>;

  /** The conversations with `broadcast` that the index has this user as a member of. */
  broadcastConversations(userId: UserId): Promise<ConversationId[]>;

  /** One row of a homepage; undefined when the user is no member. */
  own(userId: UserId, conversationId: ConversationId): Promise<OwnConversation | undefined>;

  /**
   * The user's conversations and, if asked for, those they left, newest activity first; of equally new ones the larger
   * id first. A direct conversation without a message shows to whoever opened it alone; a closed one as left alone.
   * Reads of those that were left at most as many as the page has rows.
   */
  homepage(query: HomepageQuery): Promise<HomepagePage>;

  /** See {@link Snapshot}. */
  snapshot(query: Omit<HomepageQuery, 'after'>): Promise<Snapshot>;

  /** Public channels that aren't closed, by (term, id), each once. */
  searchChannels(query: SearchQuery): Promise<{ head: ConversationHead; term: string }[]>;

  /** See `RefreshableTerms`; goes through the channels that are found by terms. */
  refreshTerms(after: string | null, limit: number): Promise<string | null>;

  /**
   * Moves the read position forward, never back, and answers with where it is then; every later read shows it. May
   * be lost by a crash within a second of being made.
   */
  advanceReadPosition(userId: UserId, conversationId: ConversationId, to: ReadPosition): Promise<ReadPosition>;

  /** The user's read positions that changed after this revision, by the revision of the last change of each. */
  readPositionsAfter(userId: UserId, page: { revision: number; limit: number }): Promise<ChangedReadPosition[]>;

  /** Read positions of members; who has none isn't in the map. */
  readPositions(conversationId: ConversationId, userIds: readonly UserId[]): Promise<Map<UserId, ReadPosition>>;
}
