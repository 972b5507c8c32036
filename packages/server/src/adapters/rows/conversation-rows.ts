import type { ConversationHead, Participant } from '../../conversations/conversation.ts';

/**
 * Rows as the databases give and take them, and what they stand for. The columns have one name in all of them; what is
 * true or false comes as a number from SQLite.
 */
export type Flag = boolean | number;

/** A row of a database whose tables lead with the logical shard. */
export type Sharded = { shard: number };

export type HeadRow = {
  id: string;
  kind: ConversationHead['kind'];
  name: string | null;
  description: string;
  announce_only: Flag;
  history: ConversationHead['history'];
  created_by: string;
  head_seq: number;
  message_count: number;
  last_message_seq: number;
  membership_seq: number;
  member_count: number;
  owner_count: number;
  broadcast_seq: number;
  closed: Flag;
  last_entry_at_ms: number;
};

export function headOf(row: HeadRow): ConversationHead {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    description: row.description,
    announceOnly: Boolean(row.announce_only),
    history: row.history,
    createdBy: row.created_by,
    headSeq: row.head_seq,
    messageCount: row.message_count,
    lastMessageSeq: row.last_message_seq,
    membershipSeq: row.membership_seq,
    memberCount: row.member_count,
    ownerCount: row.owner_count,
    broadcastSeq: row.broadcast_seq,
    closed: Boolean(row.closed),
    lastEntryAtMs: row.last_entry_at_ms,
  };
}

export function headRow(head: ConversationHead, shard: number): HeadRow & Sharded {
  return {
    shard,
    id: head.id,
    kind: head.kind,
    name: head.name,
    description: head.description,
    announce_only: head.announceOnly,
    history: head.history,
    created_by: head.createdBy,
    head_seq: head.headSeq,
    message_count: head.messageCount,
    last_message_seq: head.lastMessageSeq,
    membership_seq: head.membershipSeq,
    member_count: head.memberCount,
    owner_count: head.ownerCount,
    broadcast_seq: head.broadcastSeq,
    closed: head.closed,
    last_entry_at_ms: head.lastEntryAtMs,
  };
}

export type ParticipantRow = {
  conversation_id: string;
  user_id: string;
  role: Participant['role'];
  joined_seq: number;
  joined_message_count: number;
  visible_from_seq: number;
  left_seq: number | null;
  changed_seq: number;
  changed_at_ms: number;
};

export function participantOf(row: ParticipantRow): Participant {
  return {
    conversationId: row.conversation_id,
    userId: row.user_id,
    role: row.role,
    joinedSeq: row.joined_seq,
    joinedMessageCount: row.joined_message_count,
    visibleFromSeq: row.visible_from_seq,
    leftSeq: row.left_seq,
    changedSeq: row.changed_seq,
    changedAtMs: row.changed_at_ms,
  };
}

export function participantRow(participant: Participant, shard: number): ParticipantRow & Sharded {
  return {
    shard,
    conversation_id: participant.conversationId,
    user_id: participant.userId,
    role: participant.role,
    joined_seq: participant.joinedSeq,
    joined_message_count: participant.joinedMessageCount,
    visible_from_seq: participant.visibleFromSeq,
    left_seq: participant.leftSeq,
    changed_seq: participant.changedSeq,
    changed_at_ms: participant.changedAtMs,
  };
}
