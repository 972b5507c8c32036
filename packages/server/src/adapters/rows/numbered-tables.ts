import type { ConversationHead } from '../../conversations/conversation.ts';
import { conversationFields } from './conversation-tables.ts';
import { type AnyTable, Table } from './table.ts';

/** The tables of SQLite in which numbers stand for the ids of conversations and users, instead of those of the list. */

interface NumberedEntry {
  /** The conversation's number × 2³² + the entry's number in it. JavaScript can't represent it exactly. */
  number: number;
  messageCount: number;
  atMs: number;
  sender: number;
  /** A UUID as 16 bytes, another id as text. */
  command: string;
  kind: number;
  text: string | null;
  notice: string | null;
  revision: number | null;
  replyTo: number | null;
  amended: string | null;
  conversation: number;
  seq: number;
}

export const numberedEntries = new Table<NumberedEntry>(
  'entries',
  {
    number: 'number',
    messageCount: 'number',
    atMs: 'number',
    sender: 'number',
    command: 'text',
    kind: 'number',
    text: 'text',
    notice: 'text',
    revision: 'number',
    replyTo: 'number',
    amended: 'text',
    conversation: 'number',
    seq: 'number',
  },
  { key: ['number'], engines: 'sqlite', placement: 'its server' },
);

interface NumberedHead extends ConversationHead {
  number: number;
  lastEntryHour: number;
}

export const numberedConversations = new Table<NumberedHead>(
  'conversations',
  { number: 'number', ...conversationFields, lastEntryHour: 'number' },
  { key: ['number'], engines: 'sqlite', placement: 'its server', references: { created_by: 'users' } },
);

export const userNumbers = new Table<{ number: number; id: string }>(
  'user_numbers',
  { number: 'number', id: 'text' },
  { key: ['number'], engines: 'sqlite', placement: 'its server' },
);

/** The tables in which contract 2 is kept. */
const commandKeyTables: readonly AnyTable[] = [
  new Table<{ conversation: number; key: number; seq: number }>(
    'command_keys',
    { conversation: 'number', key: 'number', seq: 'number' },
    { key: ['conversation', 'key'], engines: 'sqlite', placement: 'its server' },
  ),
  new Table<{ onlyRow: number; seed: number }>(
    'command_key_seed',
    { onlyRow: 'number', seed: 'number' },
    { key: ['only_row'], engines: 'sqlite', placement: 'its server' },
  ),
];

/** Instead of the table with the same name. */
export const numberedInstead: readonly AnyTable[] = [numberedEntries, numberedConversations];
export const numberedBeside: readonly AnyTable[] = [userNumbers, ...commandKeyTables];
