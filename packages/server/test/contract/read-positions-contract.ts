import { beforeEach, describe, expect, test } from 'bun:test';
import { type ConversationId, isLaterThan, type ReadPoint, type UserId } from '@parley/protocol';
import fc from 'fast-check';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest, readRevisionOf } from './conversations-under-test.ts';
import type { Stores } from './sqlite-stores.ts';

const target = (seq: number) => ({ seq, messageCount: Math.max(0, seq - 1) });
const at = (seq: number, version = 0, receiptSeq = 0) => ({ ...target(seq), version, receiptSeq });

export function describeReadPositions(storesOf: () => Stores): void {
  describe('read positions', () => {
    let stores: Stores;
    let conversationId: ConversationId;
    let ana: UserId;
    let ben: UserId;

    beforeEach(async () => {
      stores = storesOf();
      [ana, ben] = [systemIds.uuid(), systemIds.uuid()];
      conversationId = await new ConversationsUnderTest(stores).create(ana, { userIds: [ben] });
    });

    const advance = (userId: UserId, seq: number, version?: number) =>
      stores.conversations.advanceReadPosition(userId, conversationId, { ...target(seq), version });
    const markUnread = (userId: UserId, from: ReadPoint, seq: number) =>
      stores.conversations.markUnread(userId, conversationId, from, target(seq));
    const positions = () => stores.conversations.readPositions(conversationId, [ana, ben]);

    test('move forward, never back, and return the resulting position', async () => {
      const steps = fc.array(fc.record({ seq: fc.integer({ min: 0, max: 20 }), passMs: fc.constantFrom(0, 0, 2_000) }));
      await fc.assert(
        fc.asyncProperty(steps, async (moves) => {
          const userId = systemIds.uuid();
          let furthest = -1;
          for (const { seq, passMs } of moves) {
            furthest = Math.max(furthest, seq);
            expect(await advance(userId, seq)).toEqual(at(furthest));
            stores.passTime(passMs);
            expect(await stores.conversations.readPositions(conversationId, [userId])).toEqual(
              new Map([[userId, at(furthest)]]),
            );
          }
        }),
      );
    });

    test('are found in the conversations that have one, of any number', async () => {
      const ids = [conversationId, ...Array.from({ length: 30 }, systemIds.uuid)];
      expect(await stores.conversations.withReadPosition(ana, ids)).toEqual(new Set());
      const [, other = ''] = ids;
      for (const id of [conversationId, other]) await stores.conversations.advanceReadPosition(ana, id, at(1));
      expect(await stores.conversations.withReadPosition(ana, ids)).toEqual(new Set([conversationId, other]));
      expect(await stores.conversations.withReadPosition(ana, [])).toEqual(new Set());
      expect(await stores.conversations.withReadPosition(ben, ids)).toEqual(new Set());
    });

    test('concurrent moves result in the furthest position', async () => {
      await Promise.all([3, 9, 5].map((seq) => advance(ana, seq)));
      expect(await positions()).toEqual(new Map([[ana, at(9)]]));
    });

    test('are separate for each user; users without one are not in the result', async () => {
      await advance(ben, 4);
      expect(await positions()).toEqual(new Map([[ben, at(4)]]));
      await advance(ana, 2);
      expect(await positions()).toEqual(
        new Map([
          [ana, at(2)],
          [ben, at(4)],
        ]),
      );
    });

    test('are separate for each conversation', async () => {
      const otherId = await new ConversationsUnderTest(stores).create(ana);
      await advance(ana, 4);
      expect(await stores.conversations.readPositions(otherId, [ana])).toEqual(new Map());
    });

    describe('marks as unread', () => {
      /** What a device does: it reads, or marks as unread, knowing the position of some earlier moment. */
      const step = fc.record({
        kind: fc.constantFrom('read', 'read of an older client', 'mark'),
        seq: fc.integer({ min: 0, max: 20 }),
        knownAgo: fc.constantFrom(0, 0, 1, 3),
        passMs: fc.constantFrom(0, 0, 2_000),
      });

      test('move back, unless the position is later than the known one; reads at an earlier version change nothing', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(step), async (steps) => {
            const userId = systemIds.uuid();
            const past: ReturnType<typeof at>[] = [];
            for (const { kind, seq, knownAgo, passMs } of steps) {
              const now = past.at(-1);
              const from = past.at(-1 - knownAgo) ?? at(0);
              let expected = now ?? at(seq);
              if (kind === 'mark') {
                if (!now) expected = at(seq, 1);
                else if (!isLaterThan(now, from)) {
                  expected = at(seq, now.version + 1, Math.max(now.seq, now.receiptSeq));
                }
                expect(await markUnread(userId, from, seq)).toEqual(expected);
              } else {
                const version = kind === 'read' ? from.version : undefined;
                const isCurrent = version === undefined || version === (now?.version ?? 0);
                if (now && isCurrent && seq > now.seq) expected = { ...now, ...target(seq) };
                expect(await advance(userId, seq, version)).toEqual(expected);
              }
              stores.passTime(passMs);
              past.push(expected);
              const { readPositions } = stores.conversations;
              const stored = await readPositions.call(stores.conversations, conversationId, [userId]);
              expect(stored).toEqual(new Map([[userId, expected]]));
            }
          }),
        );
      });

      test('and reads at the same moment have one result, on which both agree', async () => {
        for (let round = 0; round < 20; round++) {
          const userId = systemIds.uuid();
          await advance(userId, 5, 0);
          const both = [() => markUnread(userId, at(5), 2), () => advance(userId, 9, 0)];
          const answers = await Promise.all((round % 2 === 0 ? both : both.toReversed()).map((run) => run()));
          const stored = (await stores.conversations.readPositions(conversationId, [userId])).get(userId) ?? at(0);
          expect(answers).toEqual([stored, stored]);
          expect([at(2, 1, 5), at(9)]).toContainEqual(stored);
        }
      });

      test('are in later reads of the user’s conversations and of changed positions, with a revision of their own', async () => {
        await advance(ana, 5);
        let before = await readRevisionOf(stores, ana);
        // The second one leaves the position where it is.
        for (const [from, result] of [
          [at(5), at(2, 1, 5)],
          [at(2, 1), at(2, 2, 5)],
        ] as const) {
          expect(await markUnread(ana, from, 2)).toEqual(result);
          expect((await stores.conversations.own(ana, conversationId))?.read).toEqual(result);
          const changed = await stores.conversations.readPositionsAfter(ana, { revision: before, limit: 10 });
          const revision = await readRevisionOf(stores, ana);
          expect(changed).toEqual([{ conversationId, ...result, revision }]);
          before = revision;
        }
        expect(await markUnread(ana, at(2, 1), 1)).toEqual(at(2, 2, 5));
        expect(await readRevisionOf(stores, ana)).toBe(before);
      });
    });

    describe('revision', () => {
      const changedAfter = (userId: UserId, revision: number, limit = 100) =>
        stores.conversations.readPositionsAfter(userId, { revision, limit });

      test('is 0 before the first change, and grows only with changes of this user', async () => {
        expect(await readRevisionOf(stores, ana)).toBe(0);
        expect(await changedAfter(ana, 0)).toEqual([]);
        let before = 0;
        for (const seq of [1, 2, 2, 1, 3]) {
          const moves = seq > ((await positions()).get(ana)?.seq ?? 0);
          await advance(ana, seq);
          const revision = await readRevisionOf(stores, ana);
          if (moves) expect(revision).toBeGreaterThan(before);
          else expect(revision).toBe(before);
          before = revision;
        }
        expect(await readRevisionOf(stores, ben)).toBe(0);
      });

      test('lists positions that changed after it, once each, in pages, and no others', async () => {
        const made = new ConversationsUnderTest(stores);
        const ids: ConversationId[] = [];
        for (let count = 0; count < 7; count++) ids.push(await made.create(ana));
        const read = (id: ConversationId, seq: number) =>
          stores.conversations.advanceReadPosition(ana, id, target(seq)).then(() => readRevisionOf(stores, ana));
        for (const id of ids) await read(id, 1);
        const [second = '', fifth = ''] = [ids[1], ids[4]];
        const revision = await readRevisionOf(stores, ana);
        for (const [id, seq] of [
          [fifth, 2],
          [second, 2],
          [fifth, 5],
          [second, 1],
        ] as const)
          await read(id, seq);
        const changed = await changedAfter(ana, revision);
        expect(changed).toMatchObject([
          { conversationId: second, ...at(2) },
          { conversationId: fifth, ...at(5) },
        ]);
        expect(changed.at(-1)?.revision).toBe(await readRevisionOf(stores, ana));
        const seen: ConversationId[] = [];
        for (let after = 0; ; ) {
          const page = await changedAfter(ana, after, 3);
          seen.push(...page.map((position) => position.conversationId));
          after = page.at(-1)?.revision ?? after;
          if (page.length < 3) break;
        }
        expect(seen.toSorted()).toEqual(ids.toSorted());
      });

      test('that is returned includes every change up to it during concurrent changes', async () => {
        const ids = Array.from({ length: 40 }, () => systemIds.uuid());
        const known = new Map<ConversationId, number>();
        let after = 0;
        const catchUp = async () => {
          const told = await readRevisionOf(stores, ana);
          const page = await changedAfter(ana, after);
          for (const position of page) known.set(position.conversationId, position.seq);
          after = page.at(-1)?.revision ?? after;
          expect(after).toBeGreaterThanOrEqual(told);
        };
        const moves = ids.map(async (id) => {
          for (const seq of [1, 2, 3]) await stores.conversations.advanceReadPosition(ana, id, target(seq));
        });
        let isDone = false;
        const all = Promise.all(moves).finally(() => {
          isDone = true;
        });
        while (!isDone) await catchUp();
        await all;
        await catchUp();
        expect(known).toEqual(new Map(ids.map((id) => [id, 3])));
      });
    });

    test('are visible at once in the user’s conversations, and begin at the join', async () => {
      const read = async () => (await stores.conversations.own(ben, conversationId))?.read;
      expect(await read()).toEqual(at(1));
      await advance(ben, 7);
      expect(await read()).toEqual(at(7));
      stores.passTime(2_000);
      expect(await read()).toEqual(at(7));
    });
  });
}
