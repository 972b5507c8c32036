import type { Account, Conversation, Entry, Homepage, MessageEntry, Session, User } from '@parley/protocol';

/** The people and the conversation that every example of the reference is about. */
export const anaId = '01980c5e-7a10-7c3e-9d52-5b1f0c9a4e11';
export const benId = '01980c5e-9b44-7f08-8c21-2e7d41b6a902';
export const conversationId = '01980c61-03f7-7b5a-a6c9-94d80e3b1f57';
export const sessionId = '01980c5e-7a2c-7d19-b0e4-6f3a58c7d210';
export const clientMessageId = '5f0c2a7e-41d9-4b8e-9a63-c7e1f2d4b805';
export const amendmentId = 'c0b9d1e4-5a37-4f6e-8d02-91e7ab34c5f8';
export const atMs = 1_767_261_600_000;

export const ana: Account = { id: anaId, username: 'ana', displayName: 'Ana Moreno', administrator: false };
export const anaAsSeen: User = { id: anaId, username: 'ana', displayName: 'Ana Moreno', online: true };
export const ben: User = { id: benId, username: 'ben', displayName: 'Ben Okafor', online: false };

export const session: Session = {
  id: sessionId,
  device: 'Kitchen tablet',
  createdAtMs: atMs,
  lastUsedAtMs: atMs,
  current: true,
};

export const message = {
  kind: 'message',
  conversationId,
  seq: 12,
  messageCount: 9,
  atMs,
  senderId: anaId,
  clientMessageId,
  text: 'Shall we say seven?',
} satisfies Entry;

export const editedMessage: MessageEntry = {
  ...message,
  text: 'Shall we say eight?',
  revision: 4,
  editedAtMs: atMs + 30_000,
};

export const added = {
  kind: 'added',
  conversationId,
  seq: 11,
  messageCount: 8,
  atMs: atMs - 60_000,
  senderId: anaId,
  userIds: [benId],
} satisfies Entry;

export const group: Conversation = {
  id: conversationId,
  kind: 'group',
  name: 'Sunday hikes',
  description: 'Where to, and who drives.',
  announceOnly: false,
  history: 'all',
  memberCount: 2,
  headSeq: 12,
  messageCount: 9,
  lastActivityAtMs: atMs,
  membership: { role: 'owner', joinedSeq: 1, visibleFromSeq: 1, readSeq: 12 },
  unreadCount: 0,
  lastMessage: message,
  partner: null,
};

export const channel: Conversation = {
  ...group,
  kind: 'channel',
  name: 'News',
  description: 'What changed, every Friday.',
  announceOnly: true,
  memberCount: 4_210,
};

export const direct: Conversation = {
  ...group,
  kind: 'direct',
  name: null,
  description: '',
  membership: { role: 'member', joinedSeq: 1, visibleFromSeq: 1, readSeq: 12 },
  partner: ben,
};

export const homepage: Homepage = { conversations: [group], left: [], nextCursor: null };
export const receipt = { conversationId, seq: 12, messageCount: 9, atMs };
