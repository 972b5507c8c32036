import type { Entry, MessageEntry } from '@parley/protocol';
import type { Flag, Sharded } from './conversation-rows.ts';

/** A row of the log, see `conversation-rows.ts`. */
export type EntryRow = {
  conversation_id: string;
  seq: number;
  message_count: number;
  at_ms: number;
  sender_id: string;
  command_id: string;
  kind: Entry['kind'];
  text: string | null;
  notice: string | null;
};

export function entryOf(row: EntryRow): Entry {
  return row.kind === 'message' ? messageOf(row) : ({ ...numbersOf(row), ...JSON.parse(row.notice ?? '{}') } as Entry);
}

export function messageOf(row: EntryRow): MessageEntry {
  return { kind: 'message', ...numbersOf(row), clientMessageId: row.command_id, text: row.text ?? '' };
}

export function entryRow(entry: Entry, commandId: string, shard: number): EntryRow & Sharded {
  return {
    shard,
    conversation_id: entry.conversationId,
    seq: entry.seq,
    message_count: entry.messageCount,
    at_ms: entry.atMs,
    sender_id: entry.senderId,
    command_id: commandId,
    kind: entry.kind,
    text: entry.kind === 'message' ? entry.text : null,
    notice: noticeOf(entry),
  };
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

/** An entry as a verification reads it: without its text. */
export type CheckedEntryRow = Omit<EntryRow, 'text' | 'command_id'> & { has_text: Flag };

/** Null for a row that is no entry: its columns contradict each other, or its notice can't be read. */
export function checkedEntryOf({ has_text: hasText, ...row }: CheckedEntryRow): Entry | null {
  const isMessage = row.kind === 'message';
  if (Boolean(hasText) !== isMessage || (row.notice === null) !== isMessage) return null;
  try {
    const entry = entryOf({ ...row, text: null, command_id: '' });
    const whole =
      entry.kind === 'created' || entry.kind === 'added'
        ? Array.isArray(entry.userIds)
        : !(entry.kind === 'removed' || entry.kind === 'role') || typeof entry.userId === 'string';
    return whole && entry.kind === row.kind ? entry : null;
  } catch {
    return null;
  }
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
