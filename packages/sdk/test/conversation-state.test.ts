import { expect, test } from 'bun:test';
import { ConversationState } from '../src/conversation-state.ts';
import { conversation, message } from './support/entries.ts';

const at = (seq: number, version = 0) => ({ seq, version });

/** Five messages, of which the user has read three. */
function room(ownUnread?: readonly number[]) {
  const membership = { role: 'member', joinedSeq: 1, visibleFromSeq: 1, readSeq: 3 } as const;
  return new ConversationState(conversation(5, { unreadCount: 2, membership }), 5, () => null, ownUnread);
}

test('reading leaves later entries unread and never goes back', () => {
  const state = room();
  expect(state.read(at(4), 4)).toBe(true);
  expect(state.data).toMatchObject({ unreadCount: 1, membership: { readSeq: 4 } });
  const { data } = state;
  expect(state.read(at(3), 3)).toBe(false);
  expect(state.data).toBe(data);
});

test('a position of a later version goes back, one of an earlier version does not go forward, unless it is forced', () => {
  const state = room();
  expect(state.read(at(1, 1), 1)).toBe(true);
  expect(state.data).toMatchObject({ unreadCount: 4, membership: { readSeq: 1, readVersion: 1 } });
  expect(state.read(at(5), 5)).toBe(false);
  state.receive({ ...state.data, membership: { ...state.data.membership, readVersion: 0, readSeq: 5 } } as never, true);
  expect(state.data).toMatchObject({ unreadCount: 4, membership: { readSeq: 1, readVersion: 1 } });
  expect(state.read(at(5), 5, true)).toBe(true);
  expect(state.data).toMatchObject({ unreadCount: 0, membership: { readSeq: 5, readVersion: 0 } });
});

test('an own message after the read position is subtracted once', () => {
  const state = room();
  for (const seq of [5, 5]) state.addOwnUnread(seq);
  expect([state.data.unreadCount, state.ownUnread]).toEqual([1, [5]]);
  expect(state.hasUnreadBefore(message(6))).toBe(true);
  expect(state.read(at(4), 4)).toBe(true);
  expect([state.data.unreadCount, state.ownUnread]).toEqual([0, [5]]);
  expect(state.hasUnreadBefore(message(6))).toBe(false);
});

test('at most 500 own messages of a conversation are remembered', () => {
  const state = room(Array.from({ length: 499 }, (_, index) => 1_000 + index));
  for (const seq of [4, 5]) state.addOwnUnread(seq);
  expect([state.data.unreadCount, state.ownUnread.length]).toEqual([1, 500]);
});
