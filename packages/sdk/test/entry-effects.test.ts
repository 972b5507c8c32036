import { expect, test } from 'bun:test';
import type { Entry } from '@parley/protocol';
import { withEntry } from '../src/entry-effects.ts';
import { ana, benId, conversation, message, roomId } from './support/entries.ts';

const fields = { conversationId: roomId, seq: 6, messageCount: 5, atMs: 60, senderId: benId };
const before = conversation(5, { unreadCount: 2 });
const after = (entry: Entry) => withEntry(before, entry, ana);

test('a message changes head, activity, counts and the last message', () => {
  const entry = message(6, { atMs: 60 });
  expect(after(entry)).toMatchObject({
    ...{ headSeq: 6, lastActivityAtMs: 60, messageCount: 6, unreadCount: 3, lastMessage: entry },
  });
});

test('other entries change the head, but not the unread count', () => {
  const notices: [Entry, object][] = [
    [{ kind: 'joined', ...fields }, { memberCount: 3 }],
    [{ kind: 'left', ...fields }, { memberCount: 1 }],
    [{ kind: 'removed', ...fields, userId: benId }, { memberCount: 1 }],
    [{ kind: 'banned', ...fields, userId: benId, wasMember: true }, { memberCount: 1 }],
    [{ kind: 'banned', ...fields, userId: benId, wasMember: false }, { memberCount: 2 }],
    [{ kind: 'unbanned', ...fields, userId: benId }, { memberCount: 2 }],
    [{ kind: 'added', ...fields, userIds: [benId, ana.id] }, { memberCount: 4 }],
    [{ kind: 'role', ...fields, userId: ana.id, role: 'admin' }, { membership: { role: 'admin' } }],
    [{ kind: 'role', ...fields, userId: benId, role: 'admin' }, { membership: { role: 'member' } }],
    [
      { kind: 'updated', ...fields, name: 'new' },
      { name: 'new', description: '', announceOnly: false },
    ],
    [
      { kind: 'updated', ...fields, announceOnly: true },
      { name: 'room', announceOnly: true },
    ],
  ];
  for (const [entry, effect] of notices) {
    expect(after(entry)).toMatchObject({ headSeq: 6, messageCount: 5, unreadCount: 2, ...effect });
  }
});

test('an entry that the snapshot already counted is counted once', () => {
  expect(after(message(5))).toBe(before);
  expect(after({ kind: 'joined', ...fields, seq: 4 })).toBe(before);
});
