import { describe, expect, test } from 'bun:test';
import { amended, type Entry, limits, type MessageChange, type MessageEntry } from '@parley/protocol';
import fc from 'fast-check';
import type { Command, Outcome } from '../../src/conversations/command.ts';
import { decideBatch } from '../../src/distribution/decide-batch.ts';
import type { LogReach } from '../../src/history/history-port.ts';
import { batchesOf, script } from './scripts.ts';
import { Shard } from './shard.ts';
import { by, came, create, directId, role, shardAfter } from './situations.ts';

const say = (userId: string, text: string, id = 'group') => by(userId, { kind: 'send', text }, id);
const edit = (userId: string, seq: number, text: string, id = 'group') =>
  by(userId, { kind: 'edit', seq, text, acceptedAtMs: 1_000 }, id);
const remove = (userId: string, seq: number, id = 'group') => by(userId, { kind: 'delete', seq }, id);
const react = (userId: string, seq: number, emoji = '👍', set = true) => by(userId, { kind: 'react', seq, emoji, set });
const pin = (userId: string, seq: number, set = true, id = 'group') => by(userId, { kind: 'pin', seq, set }, id);
const reply = (userId: string, replyTo: number) => by(userId, { kind: 'send', text: 'reply', replyTo });

/** Entry 4 is a message of a member; the entries before it are notices. */
const seq = 4;
const afterMessage = (...since: Command[]) => shardAfter({}, say('member', 'first'), ...since);
const at = (shard: Shard, number = seq, id = 'group') => shard.log(id)[number - 1] as MessageEntry;
const codes = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.code : outcome.kind));

test('the stored state is that of the rule which clients use, applied to each amendment', () => {
  fc.assert(
    fc.property(script, (each) => {
      const shard = new Shard();
      const shown = new Map<string, Entry>();
      for (const batch of batchesOf(each)) {
        const { changes, result } = shard.carryOut(batch);
        for (const entry of result.entries) {
          const key = `${entry.conversationId} ${entry.seq}`;
          if (!shown.has(key)) shown.set(key, entry);
        }
        const newKinds = new Map(
          changes.amendments?.records.map((made) => [`${made.conversationId} ${made.revision}`, made.kind]),
        );
        for (const { message, actorId, reaction } of result.amendments) {
          const { conversationId, revision = 0, editedAtMs, deleted, text, pinned } = message;
          const kind = newKinds.get(`${conversationId} ${revision}`);
          if (!kind) continue;
          newKinds.delete(`${conversationId} ${revision}`);
          const key = `${conversationId} ${message.seq}`;
          const change = {
            edit: { kind: 'edit', text } as const,
            delete: { kind: 'delete' } as const,
            react: { kind: 'react', emoji: '', set: true, ...reaction } as const,
            pin: { kind: 'pin', set: pinned !== undefined } as const,
          }[kind] satisfies MessageChange;
          const atMs = (kind === 'edit' ? editedAtMs : kind === 'pin' ? pinned?.atMs : deleted?.atMs) ?? 0;
          shown.set(key, amended(shown.get(key) as MessageEntry, { revision, byId: actorId, atMs, change }));
          expect(shown.get(key)).toEqual(message);
        }
        expect([...newKinds]).toEqual([]);
      }
      expect([...shown.values()].sort(byNumber)).toEqual([...shard.logs.values()].flat().sort(byNumber));
    }),
  );
});

function byNumber(a: Entry, b: Entry): number {
  return a.conversationId < b.conversationId ? -1 : a.conversationId > b.conversationId ? 1 : a.seq - b.seq;
}

describe('who may amend what', () => {
  test.each([
    ['the sender edits', edit('member', seq, 'second'), 'amendment'],
    ['an owner edits it', edit('owner', seq, 'second'), 'forbidden'],
    ['another member deletes it', remove('other', seq), 'forbidden'],
    ['an admin deletes it', remove('admin', seq), 'amendment'],
    ['a member pins it', pin('member', seq), 'forbidden'],
    ['an owner pins it', pin('owner', seq), 'amendment'],
    ['a member reacts', react('other', seq), 'amendment'],
    ['a stranger reacts', react('stranger', seq), 'not_found'],
    ['a stranger edits', edit('stranger', seq, 'second'), 'not_found'],
    ['the future is edited', edit('member', 99, 'second'), 'message_not_found'],
    ['a notice is deleted', remove('owner', 1), 'not_a_message'],
    ['a reply', reply('other', seq), 'message'],
    ['a reply to the future', reply('other', 99), 'message_not_found'],
    ['a reply to a notice', reply('other', 1), 'not_a_message'],
  ])('%s', (_, command, what) => {
    expect(came(afterMessage(), command)).toBe(what);
  });

  test('a former member is refused as for a missing conversation, and the own message stays as it is', () => {
    const shard = afterMessage(by('member', { kind: 'leave' }));
    for (const command of [edit('member', seq, 'second'), remove('member', seq), react('member', seq)]) {
      expect(came(shard, command)).toBe('not_found');
    }
  });

  test('a member of a conversation that shows only what is after joining amends nothing before it', () => {
    const returned = [by('member', { kind: 'leave' }), by('owner', { kind: 'add', userIds: ['member'] })];
    const shard = shardAfter({ history: 'since_joining' }, say('member', 'first'), ...returned);
    const commands = [edit('member', seq, 'second'), remove('member', seq), react('member', seq), reply('member', seq)];
    expect(commands.map((command) => came(shard, command))).toEqual(commands.map(() => 'message_not_found'));
  });

  test('where only owners and admins write, a former admin may delete and react, and not edit', () => {
    const announceOnly = by('owner', { kind: 'update', announceOnly: true });
    const shard = shardAfter({}, say('admin', 'first'), announceOnly, role('admin', 'member'));
    expect(came(shard, edit('admin', seq, 'second'))).toBe('announce_only');
    expect(came(shard, remove('admin', seq))).toBe('amendment');
    expect(came(shard, react('other', seq))).toBe('amendment');
  });

  test('each of two people in a direct conversation pins anything and deletes the own messages only', () => {
    const shard = shardAfter({}, say('member', 'first', directId));
    expect(came(shard, pin('owner', 2, true, directId))).toBe('amendment');
    expect(came(shard, remove('owner', 2, directId))).toBe('forbidden');
    expect(came(shard, remove('member', 2, directId))).toBe('amendment');
  });
});

describe('what an amendment leaves', () => {
  test('two edits at the same time take effect one after the other', () => {
    const shard = afterMessage(edit('member', seq, 'second'), edit('member', seq, 'third'));
    expect(at(shard)).toMatchObject({ text: 'third', revision: 2, editedAtMs: 1_000 });
    expect(shard.outcomes.slice(-2)).toEqual([
      { kind: 'amended', seq, revision: 1 },
      { kind: 'amended', seq, revision: 2 },
    ]);
  });

  test('an edit after a deletion is refused, and a deletion after an edit takes effect', () => {
    const deletedFirst = afterMessage(remove('member', seq), edit('member', seq, 'second'), react('other', seq));
    expect(codes(deletedFirst.outcomes).slice(-3)).toEqual(['amended', 'message_deleted', 'message_deleted']);
    const editedFirst = afterMessage(edit('member', seq, 'second'), remove('owner', seq));
    expect(at(editedFirst)).toMatchObject({ deleted: { byId: 'owner', atMs: 1_000 }, revision: 2 });
    for (const shard of [deletedFirst, editedFirst]) {
      expect(JSON.stringify(shard.log('group'))).not.toMatch(/"first"|second/);
    }
  });

  test('what already is as requested is acknowledged with the present revision, and changes nothing', () => {
    const shard = afterMessage(edit('member', seq, 'second'));
    const before = at(shard);
    shard.carryOut([edit('member', seq, 'second'), react('other', seq, '🎉', false), pin('owner', seq, false)]);
    expect(shard.outcomes.slice(-3)).toEqual(Array.from({ length: 3 }, () => ({ kind: 'amended', seq, revision: 1 })));
    expect(at(shard)).toEqual(before);
    shard.carryOut([remove('member', seq), remove('owner', seq)]);
    expect(shard.outcomes.slice(-2)).toEqual(Array.from({ length: 2 }, () => ({ kind: 'amended', seq, revision: 2 })));
  });

  test('a reply shows in the entry, also to a deleted message', () => {
    const shard = afterMessage(remove('member', seq), reply('other', seq));
    expect(at(shard, 5)).toMatchObject({ text: 'reply', replyTo: seq });
  });

  test('reaction 51 and pin 51 are refused, and possible after one was removed', () => {
    const emojis = Array.from({ length: limits.reactionsPerMessage + 1 }, (_, index) =>
      String.fromCodePoint(0x1f600 + index),
    );
    const [first = '', last = ''] = [emojis[0], emojis.at(-1)];
    const shard = afterMessage(...emojis.map((emoji) => react('member', seq, emoji)));
    expect(codes(shard.outcomes).at(-1)).toBe('too_many_reactions');
    expect(at(shard).reactions).toHaveLength(limits.reactionsPerMessage);
    shard.carryOut([react('other', seq, first), react('member', seq, first, false), react('other', seq, first, false)]);
    expect(came(shard, react('other', seq, last))).toBe('amendment');

    const texts = Array.from({ length: limits.pinsPerConversation }, (_, index) => say('member', `${index}`));
    const pinned = afterMessage(...texts, ...texts.map((_, index) => pin('owner', seq + index)));
    const more = seq + limits.pinsPerConversation;
    expect(came(pinned, pin('owner', more))).toBe('too_many_pins');
    pinned.carryOut([remove('member', seq)]);
    expect(came(pinned, pin('owner', more))).toBe('amendment');
  });

  test('the time limit for edits is the one that the command carries', () => {
    const window = { kind: 'edit', seq, text: 'second', editWindowMs: 500 } as const;
    expect(came(afterMessage(), by('member', { ...window, acceptedAtMs: 1_500 }))).toBe('amendment');
    expect(came(afterMessage(), by('member', { ...window, acceptedAtMs: 1_501 }))).toBe('edit_window_over');
    expect(came(afterMessage(), by('member', { ...window, acceptedAtMs: 1_501, text: 'first' }))).toBe(
      'amended_before',
    );
  });
});

describe('a retry (contract 2)', () => {
  test('of the message gets its number after an edit, is refused with another text, and gets it after a deletion', () => {
    const shard = afterMessage();
    const sent = { ...say('member', 'hello'), commandId: 'm1' } as Command;
    shard.carryOut([sent]);
    shard.carryOut([edit('member', 5, 'edited')]);
    const retryWith = (text: string) => shard.carryOut([{ ...sent, text } as Command]).result.outcomes[0];
    expect(retryWith('hello')).toMatchObject({ kind: 'done', entry: { seq: 5, text: 'edited' } });
    expect(retryWith('edited')).toMatchObject({ kind: 'refused', code: 'client_message_id_reused' });
    shard.carryOut([remove('member', 5)]);
    expect(retryWith('hello')).toMatchObject({
      kind: 'done',
      entry: { seq: 5, text: expect.not.stringMatching('hello') },
    });
  });

  test('of an amendment gets the first revision, and its id is refused for another message or kind', () => {
    const shard = afterMessage(say('member', 'another'));
    const first = edit('member', seq, 'second');
    shard.carryOut([first, edit('member', seq, 'third')]);
    const again = (change: object) => shard.carryOut([{ ...first, ...change } as Command]).result.outcomes[0];
    expect(again({})).toEqual({ kind: 'amended', seq, revision: 1 });
    expect(at(shard).text).toBe('third');
    expect(again({ seq: 5 })).toMatchObject({ kind: 'refused', code: 'amendment_id_reused' });
    expect(again({ kind: 'delete' })).toMatchObject({ kind: 'refused', code: 'amendment_id_reused' });
  });
});

describe('a command of the log that was decided before', () => {
  const reach: LogReach = { partition: 0, logId: 'log', from: 0, to: 10 };
  const again = (shard: Shard, command: Command) => {
    const facts = { ...shard.factsFor([command]), decided: new Map([[0, { logId: 'log', to: 10 }]]) };
    const records = [{ command, at: { partition: 0, position: 3 } }];
    return decideBatch(facts, { records, reaches: [reach] }, 9_000);
  };

  test('is answered, routed and fed as the present state, whatever followed it', () => {
    const first = edit('member', seq, 'second');
    const set = react('other', seq);
    const shard = afterMessage(first, set, react('other', seq, '👍', false), remove('owner', seq));
    const cases: [Command, number][] = [
      [first, 1],
      [set, 4],
    ];
    for (const [command, revision] of cases) {
      const { changes, result } = again(shard, command);
      expect(result.outcomes).toEqual([{ kind: 'amended', seq, revision }]);
      expect(result.amendments.map(({ message }) => message)).toEqual([at(shard)]);
      expect(result.fed.get(0)).toMatchObject([{ seq, revision: 4, kind: command.kind, position: 3, again: true }]);
      expect([changes.heads, changes.entries, changes.amendments]).toEqual([[], [], undefined]);
    }
  });

  test('does not set a reaction again that was removed since', () => {
    const set = react('other', seq);
    const shard = afterMessage(set, react('other', seq, '👍', false));
    const { changes, result } = again(shard, set);
    expect(changes.amendments).toBeUndefined();
    expect(result.outcomes).toEqual([{ kind: 'amended', seq, revision: 2 }]);
    expect(result.amendments).toEqual([
      { message: at(shard), actorId: 'other', reaction: { emoji: '👍', set: false } },
    ]);
  });
});

test('a batch without amendments and replies needs no further facts', () => {
  const { changes } = new Shard().carryOut([create(), say('member', 'text')]);
  expect(changes.amendments).toBeUndefined();
  expect(Object.keys(new Shard().factsFor([say('member', 'text')]))).not.toContain('amendments');
});
