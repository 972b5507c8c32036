import type { Entry, MessageEntry } from '@parley/protocol';
import type { ConversationHead, Participant } from '../../conversations/conversation.ts';

/** Rows as SQLite gives them, and what they stand for. */
export interface HeadRow {
  id: string;
  kind: ConversationHead['kind'];
  name: string | null;
  description: string;
  announce_only: number;
  history: ConversationHead['history'];
  created_by: string;
  head_seq: number;
  message_count: number;
  last_message_seq: number;
  membership_seq: number;
  member_count: number;
  owner_count: number;
  broadcast: number;
  closed: number;
  last_entry_at_ms: number;
}

export function headOf(row: HeadRow): ConversationHead {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    description: row.description,
    announceOnly: row.announce_only === 1,
    history: row.history,
    createdBy: row.created_by,
    headSeq: row.head_seq,
    messageCount: row.message_count,
    lastMessageSeq: row.last_message_seq,
    membershipSeq: row.membership_seq,
    memberCount: row.member_count,
    ownerCount: row.owner_count,
    broadcast: row.broadcast === 1,
    closed: row.closed === 1,
    lastEntryAtMs: row.last_entry_at_ms,
  };
}

export interface ParticipantRow {
  conversation_id: string;
  user_id: string;
  role: Participant['role'];
  joined_seq: number;
  joined_message_count: number;
  visible_from_seq: number;
  left_seq: number | null;
  changed_seq: number;
  changed_at_ms: number;
}

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

export interface EntryRow {
  conversation_id: string;
  seq: number;
  message_count: number;
  at_ms: number;
  sender_id: string;
  command_id: string;
  kind: Entry['kind'];
  text: string | null;
  notice: string | null;
}

export function entryOf(row: EntryRow): Entry {
  return row.kind === 'message' ? messageOf(row) : ({ ...numbersOf(row), ...JSON.parse(row.notice ?? '{}') } as Entry);
}

export function messageOf(row: EntryRow): MessageEntry {
  return { kind: 'message', ...numbersOf(row), clientMessageId: row.command_id, text: row.text ?? '' };
}

function numbersOf(row: EntryRow) {
  return {
    conversationId: row.conversation_id,
    seq: row.seq,
    messageCount: row.message_count,
    atMs: row.at_ms,
    senderId: row.sender_id,
  };
}

/** What a notice says beyond its numbers, as it is stored; null for a message. */
export function noticeOf(entry: Entry): string | null {
  if (entry.kind === 'message') return null;
  const {
    conversationId: _conversation,
    seq: _seq,
    messageCount: _count,
    atMs: _at,
    senderId: _sender,
    ...notice
  } = entry;
  return JSON.stringify(notice);
}
