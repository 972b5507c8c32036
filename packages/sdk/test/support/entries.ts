import type { Account, Conversation, MessageEntry } from '@parley/protocol';

export const ana: Account = {
  id: '01900000-0000-7000-8000-00000000000a',
  username: 'ana',
  displayName: 'Ana',
  administrator: false,
};
export const benId = '01900000-0000-7000-8000-00000000000b';
export const roomId = '01900000-0000-7000-8000-000000000001';
export const otherRoomId = '01900000-0000-7000-8000-000000000002';

/** The message with this number, by default from another user. */
export function message(seq: number, fields: Partial<MessageEntry> = {}): MessageEntry {
  return {
    kind: 'message',
    conversationId: roomId,
    seq,
    messageCount: seq,
    atMs: seq,
    senderId: benId,
    clientMessageId: `message-${seq}`,
    text: `text ${seq}`,
    ...fields,
  };
}

/** The messages from one number to another. */
export function messages(fromSeq: number, toSeq: number): MessageEntry[] {
  return Array.from({ length: Math.max(0, toSeq - fromSeq + 1) }, (_, index) => message(fromSeq + index));
}

export function conversation(headSeq: number, fields: Partial<Conversation> = {}): Conversation {
  return {
    id: roomId,
    kind: 'group',
    name: 'room',
    description: '',
    announceOnly: false,
    history: 'all',
    memberCount: 2,
    headSeq,
    messageCount: headSeq,
    lastActivityAtMs: headSeq,
    membership: { role: 'member', joinedSeq: 1, visibleFromSeq: 1, readSeq: 0 },
    unreadCount: headSeq,
    lastMessage: null,
    partner: null,
    ...fields,
  };
}
