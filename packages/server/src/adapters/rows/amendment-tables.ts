import type { ConversationId } from '@parley/protocol';
import type { AmendmentRecord, UserReaction } from '../../conversations/amendment.ts';
import { type RowOf, Table } from './table.ts';

/** Who reacted to a message, and with what; the message has the counts. */
export const reactionsTable = new Table<UserReaction>(
  'reactions',
  { conversationId: 'text', seq: 'number', emoji: 'text', userId: 'text' },
  {
    key: ['conversation_id', 'seq', 'emoji', 'user_id'],
    engines: 'both',
    placement: { by: 'conversation_id' },
    references: { conversation_id: 'conversations', user_id: 'users' },
  },
);

/** The pinned messages of each conversation; the message has who pinned it, and when. */
export const pinsTable = new Table<{ conversationId: ConversationId; seq: number }>(
  'pins',
  { conversationId: 'text', seq: 'number' },
  {
    key: ['conversation_id', 'seq'],
    engines: 'both',
    placement: { by: 'conversation_id' },
    references: { conversation_id: 'conversations' },
  },
);

/** The commands of edits, deletions and pins, by which a retry is recognised (contract 2). */
export const amendmentsTable = new Table<AmendmentRecord>(
  'amendments',
  { conversationId: 'text', senderId: 'text', commandId: 'text', seq: 'number', revision: 'number', kind: 'text' },
  {
    key: ['conversation_id', 'sender_id', 'command_id'],
    engines: 'both',
    placement: { by: 'conversation_id' },
    references: { conversation_id: 'conversations', sender_id: 'users' },
  },
);
export type AmendmentRow = RowOf<AmendmentRecord>;

/** The records to store: the same reaction again changes nothing, so reactions need none. */
export function storedRecords(records: readonly AmendmentRecord[]): AmendmentRecord[] {
  return records.filter(({ kind }) => kind !== 'react');
}
