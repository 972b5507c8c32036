import {
  type ConversationId,
  deletedText,
  type Entry,
  type EntryEffect,
  effectOf,
  MessageEntry,
  type UserId,
} from '@parley/protocol';
import type { StoredMessage } from '../../conversations/amendment.ts';
import { type Flag, type RowOf, Table } from './table.ts';

/** An entry as it is stored: a message has `text` until it is deleted, every other kind has `notice`. */
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
  /** Of the last amendment of the message. */
  revision: number | null;
  replyTo: number | null;
  /** An {@link AmendedState} as JSON; null for a message that was never amended. */
  amended: string | null;
}

/** What amendments add to a message beside its text. */
type AmendedState = Pick<MessageEntry, 'editedAtMs' | 'deleted' | 'reactions' | 'pinned'> & { firstTextHash?: string };

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
    revision: 'number',
    replyTo: 'number',
    amended: 'text',
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
  const { command_id: clientMessageId, text, revision, reply_to: replyTo } = row;
  const message: MessageEntry = { kind: 'message', ...numbersOf(row), clientMessageId, text: text ?? '' };
  if (replyTo !== null) message.replyTo = replyTo;
  if (revision === null) return message;
  const { firstTextHash: _, ...state } = stateOf(row);
  return { ...message, ...state, revision, ...(state.deleted && { text: deletedText }) };
}

/** With the hash that is stored beside an edited message. */
export function storedMessageOf(row: EntryRow): StoredMessage {
  return { entry: entryOf(row), firstTextHash: stateOf(row).firstTextHash ?? null };
}

function stateOf({ amended }: Pick<EntryRow, 'amended'>): AmendedState {
  // Written by `storedAmendment`.
  return amended === null ? {} : (JSON.parse(amended) as AmendedState);
}

export function storedEntry({ entry, firstTextHash }: StoredMessage, commandId: string): StoredEntry {
  const { conversationId, seq, messageCount, atMs, senderId, kind } = entry;
  const numbers = { conversationId, seq, messageCount, atMs, senderId, commandId, kind };
  if (entry.kind !== 'message') {
    return { ...numbers, text: null, notice: noticeOf(entry), revision: null, replyTo: null, amended: null };
  }
  return { ...numbers, notice: null, ...storedAmendment({ entry, firstTextHash }) };
}

/** The columns of a message that amendments change. Neither the text of a deleted message nor its hash is stored. */
export function storedAmendment({ entry, firstTextHash }: StoredMessage<MessageEntry>) {
  const { text, revision = null, replyTo = null, editedAtMs, deleted, reactions, pinned } = entry;
  if (revision === null) return { text, revision, replyTo, amended: null };
  const state = { editedAtMs, deleted, reactions, pinned, firstTextHash: firstTextHash ?? undefined };
  return { text: deleted ? null : text, revision, replyTo, amended: JSON.stringify(state) };
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
  if ((row.notice === null) !== isMessage || (row.revision === null) !== (row.amended === null)) return null;
  try {
    const { deleted, editedAtMs, firstTextHash } = stateOf(row);
    if (Boolean(hasText) !== (isMessage && !deleted)) return null;
    if ((firstTextHash === undefined) !== (deleted !== undefined || editedAtMs === undefined)) return null;
    if (!isMessage && (row.revision !== null || row.reply_to !== null)) return null;
    const entry = entryOf({ ...row, text: null, command_id: '' });
    if (entry.kind !== row.kind || !namesUsers(effectOf(entry))) return null;
    return entry.kind !== 'message' || entry.revision === undefined || hasValidState(entry) ? entry : null;
  } catch {
    return null;
  }
}

/** Whether what amendments added to a message is valid; its text and command were not read. */
function hasValidState(message: MessageEntry): boolean {
  return MessageEntry.safeParse({ ...message, text: deletedText, clientMessageId: '-' }).success;
}

/** Whether an effect names its users, which a damaged notice may not. */
function namesUsers(effect: EntryEffect | null): boolean {
  if (!effect) return true;
  const { joins, leaves, role, bans, unbans } = effect;
  return (
    (!('joins' in effect) || Array.isArray(joins)) &&
    (!('leaves' in effect) || typeof leaves === 'string') &&
    (!('bans' in effect) || typeof bans === 'string') &&
    (!('unbans' in effect) || typeof unbans === 'string') &&
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
