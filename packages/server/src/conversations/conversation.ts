import {
  type ConversationId,
  type ConversationKind,
  type HistoryVisibility,
  limits,
  type Role,
  type UserId,
} from '@parley/protocol';

/** An entry's time may be this much ahead of the clock that decides the next one; more is a clock that was wrong. */
export const aheadMaxMs = 5_000;

/** A conversation's head: one row of its shard, which every entry changes. */
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
  /** The newest entry that changed who is a member: caches of participants are valid for exactly one of these. */
  membershipSeq: number;
  memberCount: number;
  ownerCount: number;
  /**
   * The entry at which the conversation first had more than `limits.directFanOutMembers` members; 0 before. From it on,
   * for good, entries go to interested servers rather than to each member's servers.
   */
  broadcastSeq: number;
  /** True once its last member left. Nobody finds, joins or reads it again. */
  closed: boolean;
  /** As a `ConversationStore` returns it, the time by which lists sort it: see `HistoryStore.settleActivity`. */
  lastEntryAtMs: number;
}

export function isBroadcast(head: ConversationHead): boolean {
  return head.broadcastSeq > 0;
}

/** Whether members of the conversation see how far others have read, and that they type. */
export function showsReceipts(head: Pick<ConversationHead, 'kind' | 'memberCount'>): boolean {
  return head.kind !== 'channel' && head.memberCount <= limits.directFanOutMembers;
}

/** A user who is or was in a conversation: a row of the conversation's shard, kept after leaving. */
export interface Participant {
  conversationId: ConversationId;
  userId: UserId;
  role: Role;
  /** The entry that made them a member, the last time they became one. */
  joinedSeq: number;
  /** How many messages there were up to `joinedSeq`: unread counts from here. */
  joinedMessageCount: number;
  /** The first entry that they may read. */
  visibleFromSeq: number;
  /** The entry that ended their membership, the last that reaches them; null while they are a member. */
  leftSeq: number | null;
  /** The entry that made this row what it is, by joining, leaving or a new role: a write with a smaller one is old. */
  changedSeq: number;
  /** The time of that entry. */
  changedAtMs: number;
}

export function isMember(participant: Participant | undefined): participant is Participant & { leftSeq: null } {
  return participant !== undefined && participant.leftSeq === null;
}

/** Whether the entry `seq` is for this participant (contract 8): from joining up to and with the leaving itself. */
export function covers(participant: Participant, seq: number): boolean {
  return participant.joinedSeq <= seq && (participant.leftSeq === null || seq <= participant.leftSeq);
}
