import {
  type ConversationId,
  type ConversationKind,
  type HistoryVisibility,
  limits,
  type Role,
  type UserId,
} from '@parley/protocol';

/**
 * An entry's time may be this far ahead of the clock by which the next entry is decided; if it is further ahead, its
 * own clock was wrong.
 */
export const aheadMaxMs = 5_000;

/** The head of a conversation: a row in its shard that every entry and every amendment changes. */
export interface ConversationHead {
  id: ConversationId;
  kind: ConversationKind;
  name: string | null;
  description: string;
  announceOnly: boolean;
  history: HistoryVisibility;
  createdBy: UserId;
  headSeq: number;
  messageCount: number;
  /** The newest entry that is a message; 0 when there is none. */
  lastMessageSeq: number;
  /**
   * The newest entry that changed the members or their roles; a cache of participants is valid for one such number
   * only.
   */
  membershipSeq: number;
  memberCount: number;
  ownerCount: number;
  banCount: number;
  /**
   * The entry at which the conversation first had more than `limits.directFanOutMembers` members; 0 before. From that
   * entry on, entries go to interested servers instead of the servers of each member. This never changes back.
   */
  broadcastSeq: number;
  /** True once the last member has left. A closed conversation cannot be found, joined or read. */
  closed: boolean;
  /** As a `ConversationStore` returns it, the time by which lists sort it: see `HistoryStore.settleActivity`. */
  lastEntryAtMs: number;
  /** The number of amendments: changes of messages. */
  revision: number;
  /** The time of the last amendment; 0 when there is none. */
  amendedAtMs: number;
}

export function isBroadcast(head: ConversationHead): boolean {
  return head.broadcastSeq > 0;
}

/** Whether members see the read positions of others and that they type. */
export function showsReceipts(head: Pick<ConversationHead, 'kind' | 'memberCount'>): boolean {
  return head.kind !== 'channel' && head.memberCount <= limits.directFanOutMembers;
}

/** A user who may not become a member: a row of the conversation's shard, deleted when the ban is lifted. */
export interface Ban {
  conversationId: ConversationId;
  userId: UserId;
  /** The entry that banned the user. */
  seq: number;
  bannedBy: UserId;
  /** The time of that entry. */
  atMs: number;
}

/** What an entry changes about the ban of one user; `ban` is null when it lifts the ban. */
export interface BanChange {
  conversationId: ConversationId;
  userId: UserId;
  ban: Ban | null;
}

/** A user who is or was in a conversation: a row of the conversation's shard, kept after leaving. */
export interface Participant {
  conversationId: ConversationId;
  userId: UserId;
  role: Role;
  /** The entry by which the user last became a member. */
  joinedSeq: number;
  /** The number of messages up to `joinedSeq`, from which unread messages are counted. */
  joinedMessageCount: number;
  /** The first entry that the user may read. */
  visibleFromSeq: number;
  /** The entry that ended the membership, which is the last that the user gets; null while the user is a member. */
  leftSeq: number | null;
  /**
   * The entry that last changed this row, by joining, leaving or a new role. A write with a smaller number is outdated.
   */
  changedSeq: number;
  /** The time of that entry. */
  changedAtMs: number;
}

export function isMember(participant: Participant | undefined): participant is Participant & { leftSeq: null } {
  return participant !== undefined && participant.leftSeq === null;
}

/**
 * Whether this participant gets the entry `seq` (contract 8): from the entry of joining up to and including that of
 * leaving.
 */
export function covers(participant: Participant, seq: number): boolean {
  return participant.joinedSeq <= seq && (participant.leftSeq === null || seq <= participant.leftSeq);
}
