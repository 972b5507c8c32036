import {
  type ConversationId,
  type Entry,
  type EntryEffect,
  effectOf,
  type MessageEntry,
  type UserId,
} from '@parley/protocol';
import { type Flag, type RowOf, Table } from './table.ts';

/** An entry as it is stored: a message has `text`, every other kind has `notice`. */
interface StoredEntry {
  conversationId: ConversationId;
  seq: number;
  messageCount: number;
  atMs: number;
  senderId: UserId;
  commandId: string;
  kind: Entry['kind'];
  text: string | null;
  notice: string | null;
}

export const entriesTable = new Table<StoredEntry>(
  'entries',
  {
    conversationId: 'text',
    seq: 'number',
    messageCount: 'number',
    atMs: 'number',
    senderId: 'text',
    commandId: 'text',
    kind: 'text',
    text: 'text',
    notice: 'text',
  },
  {
    key: ['conversation_id', 'seq'],
    engines: 'both',
    placement: { by: 'conversation_id' },
    references: { conversation_id: 'conversations', sender_id: 'users' },
  },
);
export type EntryRow = RowOf<StoredEntry>;

export function entryOf(row: EntryRow): Entry {
  return row.kind === 'message' ? messageOf(row) : ({ ...numbersOf(row), ...JSON.parse(row.notice ?? '{}') } as Entry);
}

export function messageOf(row: EntryRow): MessageEntry {
  return { kind: 'message', ...numbersOf(row), clientMessageId: row.command_id, text: row.text ?? '' };
}

export function storedEntry(entry: Entry, commandId: string): StoredEntry {
  const { conversationId, seq, messageCount, atMs, senderId, kind } = entry;
  const text = entry.kind === 'message' ? entry.text : null;
  return { conversationId, seq, messageCount, atMs, senderId, commandId, kind, text, notice: noticeOf(entry) };
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

/**
 * Returns null for a row that is not a valid entry: its columns contradict each other, or its notice cannot be parsed.
 */
export function checkedEntryOf({ has_text: hasText, ...row }: CheckedEntryRow): Entry | null {
  const isMessage = row.kind === 'message';
  if (Boolean(hasText) !== isMessage || (row.notice === null) !== isMessage) return null;
  try {
    const entry = entryOf({ ...row, text: null, command_id: '' });
    return entry.kind === row.kind && namesUsers(effectOf(entry)) ? entry : null;
  } catch {
    return null;
  }
}

/** Whether an effect names its users, which a damaged notice may not. */
function namesUsers(effect: EntryEffect | null): boolean {
  if (!effect) return true;
  const { joins, leaves, role } = effect;
  return (
    (!('joins' in effect) || Array.isArray(joins)) &&
    (!('leaves' in effect) || typeof leaves === 'string') &&
    (!('role' in effect) || typeof role?.userId === 'string')
  );
}

/** The fields of a notice that have no column of their own, as stored; null for a message. */
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
