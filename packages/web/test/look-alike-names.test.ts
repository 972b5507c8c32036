import { expect, test } from 'bun:test';
import type { ConversationData } from '@parley/sdk';
import { initialsOf } from '../src/people/initials.ts';
import { conversationName, titleOf } from '../src/strings/conversation-title.ts';
import { noticeText } from '../src/strings/notice-text.ts';
import { personName } from '../src/strings/person-name.ts';

const mallory = {
  id: '0190a000-0000-7000-8000-000000000001',
  username: 'mallory',
  displayName: 'аna ruiz',
  online: false,
};

test('a person and a conversation whose name mixes scripts are shown with the scripts', () => {
  expect(personName(mallory)).toBe('аna ruiz ⚠ Latin + Cyrillic');
  expect(titleOf({ name: null, partner: mallory } as ConversationData)).toBe('аna ruiz ⚠ Latin + Cyrillic');
  expect(conversationName('Αnnouncements')).toBe('Αnnouncements ⚠ Latin + Greek');
  const renamed = { conversationId: mallory.id, seq: 1, messageCount: 0, atMs: 0, senderId: mallory.id };
  expect(noticeText({ kind: 'updated', ...renamed, name: 'Αnnouncements' }, () => 'Ben')).toContain('⚠ Latin + Greek');
});

test('other names are shown unchanged', () => {
  expect(personName({ ...mallory, displayName: 'Анна' })).toBe('Анна');
  expect(conversationName('山田たろう Taro')).toBe('山田たろう Taro');
});

test('the mark is not part of the initials', () => {
  expect(initialsOf(personName({ ...mallory, displayName: 'аna' }))).toBe('А');
  expect(initialsOf(personName(mallory))).toBe('АR');
  expect(initialsOf(' ⚠ ')).toBe('⚠');
});
