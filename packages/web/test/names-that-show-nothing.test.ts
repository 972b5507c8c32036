import { expect, test } from 'bun:test';
import type { ConversationData, User } from '@parley/sdk';
import { conversationName, titleOf } from '../src/strings/conversation-title.ts';
import { noticeText } from '../src/strings/notice-text.ts';
import { personName } from '../src/strings/person-name.ts';

const blank = '\u200b\u3164';
const partner: User = {
  id: '0190a000-0000-7000-8000-000000000001',
  username: 'ben',
  displayName: blank,
  online: false,
};
const facts = { conversationId: partner.id, seq: 1, messageCount: 0, atMs: 0, senderId: partner.id };

function conversation(some: Partial<ConversationData>): ConversationData {
  return { name: null, partner: null, ...some } as ConversationData;
}

test('people are shown by their username', () => {
  expect(personName(partner)).toBe('ben');
  expect(titleOf(conversation({ partner }))).toBe('ben');
  expect(personName({ ...partner, displayName: 'Ben' })).toBe('Ben');
});

test('conversations get a neutral title', () => {
  expect(titleOf(conversation({ name: blank }))).toBe('Unnamed conversation');
  expect(conversationName('Harbour')).toBe('Harbour');
});

test('notices use the neutral title', () => {
  expect(noticeText({ kind: 'updated', ...facts, name: blank }, () => 'Ben')).toContain('Unnamed conversation');
  const created = { ...facts, conversationKind: 'group' as const, name: blank, userIds: [] };
  expect(noticeText({ kind: 'created', ...created }, () => 'Ben')).toContain('Unnamed conversation');
});
