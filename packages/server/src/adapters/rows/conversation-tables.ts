import type { ConversationId, UserId } from '@parley/protocol';
import type { Ban, ConversationHead, Participant } from '../../conversations/conversation.ts';
import { type RowOf, Table } from './table.ts';

export const conversationFields = {
  id: 'text',
  kind: 'text',
  name: 'text',
  description: 'text',
  announceOnly: 'flag',
  history: 'text',
  createdBy: 'text',
  headSeq: 'number',
  messageCount: 'number',
  lastMessageSeq: 'number',
  membershipSeq: 'number',
  memberCount: 'number',
  ownerCount: 'number',
  broadcastSeq: 'number',
  closed: 'flag',
  lastEntryAtMs: 'number',
  revision: 'number',
  amendedAtMs: 'number',
  banCount: 'number',
} as const;

export const conversationsTable = new Table<ConversationHead>('conversations', conversationFields, {
  key: ['id'],
  engines: 'both',
  placement: { by: 'id' },
  references: { created_by: 'users' },
});
export type HeadRow = RowOf<ConversationHead>;

/** The search terms of each channel's name. */
export const channelTermsTable = new Table<{ conversationId: ConversationId; term: string }>(
  'channel_terms',
  { conversationId: 'text', term: 'text' },
  {
    key: ['conversation_id', 'term'],
    engines: 'both',
    placement: { by: 'conversation_id' },
    references: { conversation_id: 'conversations' },
  },
);

const membership = {
  conversationId: 'text',
  userId: 'text',
  role: 'text',
  joinedSeq: 'number',
  joinedMessageCount: 'number',
  visibleFromSeq: 'number',
  leftSeq: 'number',
  changedSeq: 'number',
  changedAtMs: 'number',
} as const;
const bothExist = { conversation_id: 'conversations', user_id: 'users' } as const;

export const participantsTable = new Table<Participant>('participants', membership, {
  key: ['conversation_id', 'user_id'],
  engines: 'both',
  placement: { by: 'conversation_id' },
  references: bothExist,
});
export type ParticipantRow = RowOf<Participant>;

export const bansTable = new Table<Ban>(
  'bans',
  { conversationId: 'text', userId: 'text', seq: 'number', bannedBy: 'text', atMs: 'number' },
  {
    key: ['conversation_id', 'user_id'],
    engines: 'both',
    placement: { by: 'conversation_id' },
    references: { ...bothExist, banned_by: 'users' },
  },
);
export type BanRow = RowOf<Ban>;

/** The index by user: the conversations of each user, in the user's shard. */
export const membershipsTable = new Table<Participant & { broadcast: boolean }>(
  'memberships',
  { ...membership, broadcast: 'flag' },
  {
    key: ['user_id', 'conversation_id'],
    engines: 'both',
    placement: { by: 'user_id' },
    references: bothExist,
  },
);

interface StoredReadPosition {
  userId: UserId;
  conversationId: ConversationId;
  seq: number;
  messageCount: number;
  revision: number;
  /** In PostgreSQL, null until the user marks the conversation as unread, like `receiptSeq`. */
  version: number | null;
  receiptSeq: number | null;
}

export const readPositionsTable = new Table<StoredReadPosition>(
  'read_positions',
  {
    userId: 'text',
    conversationId: 'text',
    seq: 'number',
    messageCount: 'number',
    revision: 'number',
    version: 'number',
    receiptSeq: 'number',
  },
  {
    key: ['user_id', 'conversation_id'],
    engines: 'both',
    placement: { by: 'user_id' },
    references: bothExist,
  },
);

/** The time by which lists sort a conversation whose newest entry got a future time from a wrong clock. */
export const activityTimesTable = new Table<{ conversationId: ConversationId; headSeq: number; atMs: number }>(
  'activity_times',
  { conversationId: 'text', headSeq: 'number', atMs: 'number' },
  {
    key: ['conversation_id'],
    engines: 'both',
    placement: { by: 'conversation_id' },
    references: { conversation_id: 'conversations' },
  },
);
