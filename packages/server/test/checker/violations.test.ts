import { describe, expect, test } from 'bun:test';
import { deletedText } from '@parley/protocol';
import { type Rule, rules } from '../../src/checker/finding.ts';
import { check, conversationId, creation, HandMade, membership, message, userIds } from './recording.ts';

/** For each rule a recording that breaks it. */
const broken: Record<Rule, () => HandMade> = {
  'acknowledged-lost': () => sent().page('ben', 0, { entries: [creation()], headSeq: 1 }),
  'acknowledged-differs': () => sent().entry('ben', message('ana', 'other', 2)),
  'amendment-lost': () => amended('edit').entry('ben', message('ana', 'one', 2, { revision: 1, editedAtMs: 9 })),
  'acknowledged-twice': () => sent().send('ana', 'one', 3),
  'stored-twice': () =>
    sent()
      .entry('ben', message('ana', 'one', 2))
      .entry('ben', message('ana', 'one', 3)),
  'other-text-accepted': () => sent().send('ana', 'one', 2, { text: 'other' }),
  'retry-refused': () => refused(sent(), 'one', 'client_message_id_reused'),
  'two-contents': () =>
    new HandMade()
      .send('ana', 'one', null)
      .entry('ben', creation())
      .entry('eve', membership('added', 'eve', 1, 0)),
  'two-states': () =>
    amended('pin')
      .entry('ben', message('ana', 'one', 2, { revision: 1, pinned: { atMs: 5, byId: userIds.ana } }))
      .entry('eve', message('ana', 'one', 2, { revision: 1, pinned: { atMs: 6, byId: userIds.ana } })),
  'revision-twice': () => {
    const reactions = [{ emoji: '👍', count: 1 }];
    const made = amended('react').send('ana', 'two', 3);
    return made.entry('ben', message('ana', 'two', 3, { revision: 1, reactions }));
  },
  'not-sent': () => new HandMade().entry('ben', message('ana', 'never', 2)),
  'order-of-time': () => new HandMade().send('ana', 'one', 3).send('ben', 'two', 2),
  'time-goes-back': () => sent().send('ana', 'two', 3, { atMs: 1 }),
  'wrong-count': () => sent().entry('ben', { ...creation(), messageCount: 1 }),
  'page-gap': () => sent().page('ben', 1, { entries: [creation()], headSeq: 2 }),
  'deletion-undone': () => amended('delete').entry('ben', message('ana', 'one', 2, { revision: 2 })),
  'read-beyond-end': () =>
    sent().add({ type: 'read_position', client: 'ben', conversationId, userId: userIds.eve, seq: 9 }),
  'shown-twice': () => shownBoth().shown('ben', message('ana', 'two', 3)),
  'shown-gap': () =>
    shownBoth()
      .send('ana', 'four', 5)
      .shown('ben', message('ana', 'four', 5)),
  'amendment-missed': () => {
    const made = sent().entry('ben', message('ana', 'one', 2));
    return amended('pin', made).add({
      ...{ type: 'amended', client: 'ben', conversationId, after: 0, revision: 1, entries: [] },
    });
  },
  'not-converged': () =>
    sent().add({ type: 'settled', client: 'ben', conversationId, headSeq: 1, entries: [creation()] }),
  'catch-up-incomplete': () =>
    sent()
      .add({ type: 'connecting', client: 'ben' })
      .add({ type: 'caught_up', client: 'ben', conversations: [{ conversationId, headSeq: 1 }] }),
  'stale-read': () =>
    sent()
      .page('ben', 0, { entries: [creation()], headSeq: 1 })
      .entry('eve', message('ana', 'one', 2)),
  'stale-state': () => amended('pin').page('ben', 1, { entries: [message('ana', 'one', 2)], headSeq: 2, revision: 1 }),
  'stale-read-position': () => {
    const made = sent();
    const op = made.op();
    const known = { conversationId, headSeq: 2, readSeq: 1 };
    return made
      .add({ type: 'mark_read', client: 'ana', op, conversationId, seq: 2 })
      .add({ type: 'done', client: 'ana', op })
      .add({ type: 'connecting', client: 'ana2' })
      .add({ type: 'connected', client: 'ana2', conversations: [known] });
  },
  'refused-but-done': () => refused(new HandMade(), 'one', 'announce_only').entry('ben', message('ana', 'one', 2)),
  'no-retry-time': () => refused(new HandMade(), 'one', 'overloaded'),
  'reached-removed': () =>
    sent()
      .entry('ana', membership('removed', 'ben', 3, 1))
      .send('ana', 'two', 4)
      .entry('ben', message('ana', 'two', 4, { messageCount: 2 })),
  'reached-before-joining': () => {
    const made = sent();
    const op = made.op();
    made.add({ type: 'read_page', client: 'ben', op, conversationId, after: 0 });
    return made.add({ type: 'page', client: 'ben', op, entries: [creation()], headSeq: 1, visibleFromSeq: 2 });
  },
  'sent-by-removed': () =>
    sent()
      .entry('ana', membership('removed', 'ben', 3, 1))
      .send('ben', 'late', 4),
  'presence-late': () => {
    const made = new HandMade()
      .add({ type: 'connected', client: 'ana', conversations: [] })
      .add({ type: 'watch', client: 'ana', userIds: [userIds.ben] })
      .add({ type: 'connected', client: 'ben', conversations: [] })
      .add({ type: 'presence', client: 'ana', users: [{ userId: userIds.ben, online: true }] })
      .add({ type: 'disconnected', client: 'ben', how: 'closed' });
    made.timeMs += 10_001;
    return made.add({ type: 'connecting', client: 'ben' });
  },
};

/** Ana has sent the message 2. */
const sent = () => new HandMade().send('ana', 'one', 2);

/** Ben has shown the messages 2 and 3. */
const shownBoth = () =>
  sent()
    .send('ana', 'two', 3)
    .shown('ben', message('ana', 'one', 2))
    .shown('ben', message('ana', 'two', 3));

/** The message 2 was amended, with revision 1. */
function amended(kind: 'edit' | 'delete' | 'pin' | 'react', made = sent()): HandMade {
  const op = made.op();
  const change = {
    edit: { kind: 'edit', text: 'edited' } as const,
    delete: { kind: 'delete' } as const,
    pin: { kind: 'pin', set: true } as const,
    react: { kind: 'react', emoji: '👍', set: true } as const,
  }[kind];
  return made
    .add({ type: 'amend', client: 'ana', op, conversationId, seq: 2, amendmentId: 'a', change })
    .add({ type: 'amend_ack', client: 'ana', op, seq: 2, revision: 1 });
}

function refused(
  made: HandMade,
  clientMessageId: string,
  code: 'client_message_id_reused' | 'announce_only' | 'overloaded',
) {
  const op = made.op();
  return made
    .add({ type: 'send', client: 'ana', op, conversationId, clientMessageId, text: clientMessageId })
    .add({ type: 'refused', client: 'ana', op, code });
}

describe('each violation is found, with the number of the contract and the smallest part of the recording', () => {
  for (const [rule, make] of Object.entries(broken)) {
    test(rule, async () => {
      const { lines } = make();
      const { violations } = await check(lines);
      const found = violations.find((violation) => violation.rule === rule);
      expect([rule, violations.map((violation) => violation.rule)]).toEqual([rule, expect.arrayContaining([rule])]);
      expect(found?.contract).toBe(rules[rule as Rule]);
      const excerpt = found?.excerpt.map(({ text }) => text) ?? [];
      expect(lines).toEqual(expect.arrayContaining(excerpt));
      const again = await check(excerpt);
      expect(again.violations.map((violation) => violation.rule)).toContain(rule as Rule);
      for (const left of excerpt.slice(1)) {
        const rest = excerpt.filter((text) => text !== left);
        const without = await check(rest).catch(() => null);
        expect([rule, left, without?.violations.some((violation) => violation.rule === rule) ?? false]).toEqual([
          rule,
          left,
          false,
        ]);
      }
    });
  }
});

test('a deleted message that keeps its placeholder, and a message sent again after it, are no violation', async () => {
  const deleted = { atMs: 9, byId: userIds.ana };
  const made = amended('delete').entry('ben', message('ana', 'one', 2, { revision: 1, text: deletedText, deleted }));
  made.send('ana', 'one', 2, { text: 'other' });
  expect((await check(made.lines)).violations).toEqual([]);
});

test('after a restore, numbers are assigned again, and what was acknowledged before may be lost', async () => {
  const made = sent()
    .shown('ben', message('ana', 'one', 2))
    .add({ type: 'restore' });
  made.page('ben', 0, { entries: [creation()], headSeq: 1 }).add({ type: 'forgot', client: 'ben' });
  made.send('ben', 'two', 2).shown('ben', message('ben', 'two', 2));
  expect((await check(made.lines)).violations).toEqual([]);
});

test('a range of amendments may lack a message that is amended again after it', async () => {
  const made = amended('pin', sent().entry('ben', message('ana', 'one', 2)));
  const op = made.op();
  made.add({ type: 'amended', client: 'ben', conversationId, after: 0, revision: 1, entries: [] }).add({
    ...{ type: 'amend', client: 'ana', op, conversationId, seq: 2, amendmentId: 'b', change: { kind: 'delete' } },
  });
  made.add({ type: 'amend_ack', client: 'ana', op, seq: 2, revision: 2 });
  expect((await check(made.lines)).violations).toEqual([]);
});

test('while the log is replayed, a read may be behind; after it, everything must be there as it was', async () => {
  const behind = { entries: [creation()], headSeq: 1 };
  const made = () => sent().add({ type: 'replay' }).page('ben', 0, behind).add({ type: 'replay_end' });
  const found = async ({ lines }: HandMade) => (await check(lines)).violations.map(({ rule }) => rule);
  const again = message('ana', 'one', 2, { atMs: 99 });
  expect(await found(made().page('ben', 1, { entries: [again], headSeq: 2 }))).toEqual([]);
  expect(await found(made().page('ben', 0, behind))).toEqual(['acknowledged-lost']);
  expect(await found(made().send('ana', 'two', 2))).toEqual(['acknowledged-differs', 'order-of-time']);
});

test('a crash may lose read positions that were accepted before its end, and no later ones', async () => {
  const mark = (made: HandMade) => {
    const op = made.op();
    made.add({ type: 'mark_read', client: 'ana', op, conversationId, seq: 2 });
    return made.add({ type: 'done', client: 'ana', op });
  };
  const connect = (made: HandMade) =>
    made
      .add({ type: 'connecting', client: 'ana2' })
      .add({ type: 'connected', client: 'ana2', conversations: [{ conversationId, headSeq: 2, readSeq: 1 }] });
  const made = connect(mark(mark(sent()).add({ type: 'fault', name: 'killed', crash: true })));
  connect(made.add({ type: 'fault_end', name: 'killed' }));
  expect((await check(made.lines)).violations).toEqual([]);
  connect(mark(made));
  expect((await check(made.lines)).violations.map(({ rule }) => rule)).toEqual(['stale-read-position']);
});

test('a message whose outcome is unknown may be stored or not, and may be sent again', async () => {
  const made = new HandMade();
  const op = made.op();
  made.add({ type: 'send', client: 'ana', op, conversationId, clientMessageId: 'one', text: 'one' });
  made
    .add({ type: 'unknown', client: 'ana', op })
    .entry('ben', message('ana', 'one', 2))
    .send('ana', 'one', 2);
  expect((await check(made.lines)).violations).toEqual([]);
});

test('while a fault lasts, presence is not judged, and within 30 s after it must be right', async () => {
  const made = new HandMade()
    .add({ type: 'watch', client: 'ana', userIds: [userIds.ben] })
    .add({ type: 'connected', client: 'ben', conversations: [] })
    .add({ type: 'presence', client: 'ana', users: [{ userId: userIds.ben, online: true }] })
    .add({ type: 'fault', name: 'no Redis' })
    .add({ type: 'disconnected', client: 'ben', how: 'lost' });
  made.timeMs += 60_000;
  made.add({ type: 'fault_end', name: 'no Redis' });
  made.timeMs += 29_000;
  made.add({ type: 'connecting', client: 'eve' });
  expect((await check(made.lines)).violations).toEqual([]);
  made.timeMs += 2_000;
  made.add({ type: 'connecting', client: 'eve' });
  expect((await check(made.lines)).violations).toMatchObject([{ rule: 'presence-late', contract: 9 }]);
});
