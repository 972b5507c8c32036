import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { fuzzed } from '../../server/test/fuzz/parameters.ts';
import {
  type AmendingMember,
  amended,
  amendmentRefusal,
  deletedText,
  isEmoji,
  isUnchanged,
  limits,
  MessageChange,
  MessageEntry,
} from '../src/index.ts';

const ana = '01980c5e-7a10-7c3e-9d52-5b1f0c9a4e11';
const ben = '01980c5e-9b44-7f08-8c21-2e7d41b6a902';
const people = [ana, ben];
const emojis = ['👍', '❤️', '🎉'];

const message: MessageEntry = {
  kind: 'message',
  conversationId: '01980c61-03f7-7b5a-a6c9-94d80e3b1f57',
  ...{ seq: 12, messageCount: 9, atMs: 1_000, senderId: ana, clientMessageId: 'm1', text: 'first', replyTo: 3 },
};

const change: fc.Arbitrary<MessageChange> = fc.oneof(
  fc.record({ kind: fc.constant('edit' as const), text: fc.constantFrom('first', 'second', 'third') }),
  fc.record({ kind: fc.constant('delete' as const) }),
  fc.record({ kind: fc.constant('react' as const), emoji: fc.constantFrom(...emojis), set: fc.boolean() }),
  fc.record({ kind: fc.constant('pin' as const), set: fc.boolean() }),
);
const attempts = fc.array(fc.record({ byId: fc.constantFrom(...people), change }), { maxLength: 60, size: 'max' });

/** Applies what is allowed and changes something, as the server does; each amendment has the next revision. */
function afterAll(script: { byId: string; change: MessageChange }[], viewerId?: string) {
  const reacted = new Set<string>();
  let entry = message;
  let revision = 0;
  for (const { byId, change } of script) {
    const key = change.kind === 'react' ? `${byId} ${change.emoji}` : '';
    const by = { ...member, userId: byId, conversationKind: 'direct' as const };
    if (amendmentRefusal(entry, change, by) !== null || isUnchanged(entry, change, reacted.has(key))) continue;
    if (change.kind === 'react' && change.set) reacted.add(key);
    else if (change.kind === 'react') reacted.delete(key);
    entry = amended(entry, { revision: ++revision, byId, atMs: 2_000 + revision, change }, viewerId);
  }
  return { entry, revision, reacted };
}

const member: AmendingMember = {
  ...{ userId: ana, role: 'member', visibleFromSeq: 1, conversationKind: 'group', announceOnly: false },
};

describe('amended', () => {
  test('counts of reactions are those of the users who set them, without a zero and without a duplicate', () => {
    fc.assert(
      fc.property(attempts, (script) => {
        const { entry, reacted } = afterAll(script);
        const counts = new Map((entry.reactions ?? []).map(({ emoji, count }) => [emoji, count]));
        if (entry.deleted) expect(entry.reactions).toBeUndefined();
        else
          for (const emoji of emojis) {
            expect(counts.get(emoji) ?? 0).toBe(people.filter((id) => reacted.has(`${id} ${emoji}`)).length);
          }
        expect(entry.reactions ?? []).toHaveLength(counts.size);
      }),
      fuzzed(100),
    );
  });

  test('exactly the reactions of the viewer are marked, and all else is the same for every viewer', () => {
    fc.assert(
      fc.property(attempts, (script) => {
        const { entry, reacted } = afterAll(script, ana);
        for (const { emoji, mine } of entry.reactions ?? []) expect(mine ?? false).toBe(reacted.has(`${ana} ${emoji}`));
        const unmarked = entry.reactions?.map(({ mine, ...reaction }) => reaction);
        expect({ ...entry, ...(unmarked && { reactions: unmarked }) }).toEqual(afterAll(script).entry);
      }),
      fuzzed(100),
    );
  });

  test('every result is a valid entry with the number, sender, time and id of the message', () => {
    fc.assert(
      fc.property(attempts, (script) => {
        const { entry, revision } = afterAll(script);
        expect(MessageEntry.safeParse(entry).success).toBe(true);
        expect(entry.revision ?? 0).toBe(revision);
        const { seq, senderId, atMs, clientMessageId, messageCount } = entry;
        expect(message).toMatchObject({ seq, senderId, atMs, clientMessageId, messageCount });
      }),
      fuzzed(100),
    );
  });

  test('nothing but the deletion is left of a deleted message, and nothing changes it again', () => {
    fc.assert(
      fc.property(attempts, attempts, (before, after) => {
        const deletion = { byId: ana, change: { kind: 'delete' as const } };
        const { entry } = afterAll([...before, deletion, ...after]);
        const { deleted, revision, ...rest } = entry;
        const { replyTo, ...first } = message;
        expect(rest).toEqual({ ...first, text: deletedText });
        expect(deleted).toBeDefined();
        expect(entry).toEqual(afterAll([...before, deletion]).entry);
      }),
      fuzzed(100),
    );
  });
});

describe('amendmentRefusal', () => {
  const notice = { ...message, kind: 'joined' as const };
  const deleted = amended(message, { revision: 1, byId: ana, atMs: 2_000, change: { kind: 'delete' } });
  const edit = { kind: 'edit', text: 'other' } as const;
  const remove = { kind: 'delete' } as const;
  const react = { kind: 'react', emoji: '👍', set: true } as const;
  const pin = { kind: 'pin', set: true } as const;
  const by = (more: Partial<AmendingMember>) => ({ ...member, ...more });

  test.each([
    ['a missing entry', undefined, edit, by({}), 'message_not_found'],
    ['an entry before the membership', message, react, by({ visibleFromSeq: 13 }), 'message_not_found'],
    ['a notice', notice, remove, by({ role: 'owner' }), 'not_a_message'],
    ['an edit by the sender', message, edit, by({}), null],
    ['an edit by the owner', message, edit, by({ userId: ben, role: 'owner' }), 'forbidden'],
    ['an edit of a deleted message', deleted, edit, by({}), 'message_deleted'],
    ['an edit where only admins write', message, edit, by({ announceOnly: true }), 'announce_only'],
    ['an edit by an admin there', message, edit, by({ announceOnly: true, role: 'admin' }), null],
    ['a deletion by the sender, where only admins write', message, remove, by({ announceOnly: true }), null],
    ['a deletion by another member', message, remove, by({ userId: ben }), 'forbidden'],
    ['a deletion by an admin', message, remove, by({ userId: ben, role: 'admin' }), null],
    [
      'a deletion by the partner',
      ...[message, remove, by({ userId: ben, role: 'owner', conversationKind: 'direct' }), 'forbidden'],
    ],
    ['a reaction where only admins write', message, react, by({ userId: ben, announceOnly: true }), null],
    ['a reaction to a deleted message', deleted, react, by({ userId: ben }), 'message_deleted'],
    ['a pin by a member', message, pin, by({}), 'forbidden'],
    ['a pin by an admin', message, pin, by({ role: 'admin' }), null],
    ['a pin in a direct conversation', message, pin, by({ conversationKind: 'direct' }), null],
    ['a pin of a deleted message', deleted, pin, by({ role: 'owner' }), 'message_deleted'],
  ] as const)('%s', (_, entry, wanted, who, code) => {
    expect(amendmentRefusal(entry, wanted, who)).toBe(code);
  });

  test('the 51st different reaction is refused, and those that exist can be used and removed', () => {
    const reactions = Array.from({ length: limits.reactionsPerMessage }, (_, index) => ({
      emoji: String.fromCodePoint(0x1f600 + index),
      count: 1,
    }));
    const full = { ...message, reactions };
    expect(amendmentRefusal(full, react, member)).toBe('too_many_reactions');
    for (const set of [true, false]) {
      expect(amendmentRefusal(full, { kind: 'react', emoji: '😀', set }, member)).toBeNull();
    }
  });
});

describe('the emoji of a reaction is exactly one RGI sequence', () => {
  test.each(['👍', '👍🏽', '❤️', '1️⃣', '🇩🇪', '👨‍👩‍👧', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🫪'])('%s is one', (text) => {
    expect(isEmoji(text)).toBe(true);
    expect(MessageChange.safeParse({ kind: 'react', emoji: text, set: true }).success).toBe(true);
  });

  test.each([
    '',
    'a',
    '1',
    '❤',
    '👍👍',
    '👍 ',
    ' 👍',
    '🇦🇦',
    '🇩',
    '👍‍👍',
    '\u{1FC00}',
    '\u{E0100}',
    '\uD83D',
    '‍',
    'é',
    '👨‍👩‍👧'.repeat(20),
  ])('%j is not', (text) => {
    expect(isEmoji(text)).toBe(false);
    expect(MessageChange.safeParse({ kind: 'react', emoji: text, set: true }).success).toBe(false);
  });
});
