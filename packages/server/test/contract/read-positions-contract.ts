import { beforeEach, describe, expect, test } from 'bun:test';
import type { ConversationId, UserId } from '@parley/protocol';
import fc from 'fast-check';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import type { Stores } from './sqlite-stores.ts';

const at = (seq: number) => ({ seq, messageCount: Math.max(0, seq - 1) });

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

    const advance = (userId: UserId, seq: number) =>
      stores.conversations.advanceReadPosition(userId, conversationId, at(seq));
    const positions = () => stores.conversations.readPositions(conversationId, [ana, ben]);

    test('move forward, never back, and say where they are', async () => {
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

    test('of several at once the furthest stands', async () => {
      await Promise.all([3, 9, 5].map((seq) => advance(ana, seq)));
      expect(await positions()).toEqual(new Map([[ana, at(9)]]));
    });

    test('are each person’s own, and who has none is not in the answer', async () => {
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

    test('are each conversation’s own', async () => {
      const otherId = await new ConversationsUnderTest(stores).create(ana);
      await advance(ana, 4);
      expect(await stores.conversations.readPositions(otherId, [ana])).toEqual(new Map());
    });

    test('show at once in what is one’s own, and begin where one joined', async () => {
      const read = async () => (await stores.conversations.own(ben, conversationId))?.read;
      expect(await read()).toEqual({ seq: 1, messageCount: 0 });
      await advance(ben, 7);
      expect(await read()).toEqual(at(7));
      stores.passTime(2_000);
      expect(await read()).toEqual(at(7));
    });
  });
}
