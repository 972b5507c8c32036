import { beforeEach, describe, expect, test } from 'bun:test';
import type { ConversationId } from '@parley/protocol';
import fc from 'fast-check';
import { isMember, type Participant } from '../../src/conversations/conversation.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest, newIds } from './conversations-under-test.ts';
import type { Stores } from './sqlite-stores.ts';

type Row = { participant: Participant; broadcast: boolean };

const versionsMax = 6;

/** The versions of one participant, a row for each change: joining, leaving and roles in any order. */
const versionsOfOneParticipant = fc
  .array(fc.record({ left: fc.boolean(), admin: fc.boolean(), broadcast: fc.boolean() }), {
    minLength: 1,
    maxLength: versionsMax,
  })
  .map((versions) =>
    versions.map(({ left, admin, broadcast }, index) => ({
      broadcast,
      fields: {
        role: admin ? ('admin' as const) : ('member' as const),
        joinedSeq: index + 2,
        joinedMessageCount: index,
        visibleFromSeq: 1,
        leftSeq: left ? index + 2 : null,
        changedSeq: index + 2,
        changedAtMs: 1_000 + index,
      },
    })),
  );

export function describeMembershipIndex(storesOf: () => Stores): void {
  describe('index by user', () => {
    let stores: Stores;
    let conversationId: ConversationId;

    beforeEach(async () => {
      stores = storesOf();
      conversationId = await new ConversationsUnderTest(stores).create(systemIds.uuid());
    });

    const seen = async (userId: string) => ({
      own: (await stores.conversations.own(userId, conversationId))?.participant,
      left: (await stores.conversations.homepage({ userId, after: null, limit: 10, left: true })).rows.flatMap((row) =>
        row.kind === 'left' ? [row.atMs] : [],
      ),
      broadcast: await stores.conversations.broadcastConversations(userId),
    });

    test('has the same result in whatever order and however often its rows are written', async () => {
      const writes = versionsOfOneParticipant.chain((rows) =>
        fc.record({
          rows: fc.constant(rows),
          order: fc.shuffledSubarray([...rows, ...rows, ...rows], { minLength: rows.length }),
          together: fc.boolean(),
        }),
      );
      await fc.assert(
        fc.asyncProperty(writes, async ({ order, together }) => {
          const userId = systemIds.uuid();
          const rows = order.map(({ fields, broadcast }): Row => {
            return { participant: { conversationId, userId, ...fields }, broadcast };
          });
          if (together) await stores.conversations.indexParticipants(rows);
          else for (const row of rows) await stores.conversations.indexParticipants([row]);
          const newest = rows.reduce((a, b) => (b.participant.changedSeq > a.participant.changedSeq ? b : a));
          const { participant } = newest;
          expect(await seen(userId)).toEqual({
            own: isMember(participant) ? participant : undefined,
            left: isMember(participant) ? [] : [participant.changedAtMs],
            broadcast: isMember(participant) && rows.some((row) => row.broadcast) ? [conversationId] : [],
          });
        }),
      );
    });

    test('has the same result when all rows are written concurrently', async () => {
      const userId = systemIds.uuid();
      const row = (changedSeq: number, leftSeq: number | null): Row => ({
        participant: {
          ...{ conversationId, userId, role: 'member', joinedSeq: changedSeq, joinedMessageCount: 0 },
          ...{ visibleFromSeq: 1, leftSeq, changedSeq, changedAtMs: changedSeq },
        },
        broadcast: false,
      });
      const rows = [row(5, null), row(4, 4), row(3, null), row(2, 2)];
      await Promise.all(rows.map((each) => stores.conversations.indexParticipants([each])));
      expect((await seen(userId)).own).toMatchObject({ changedSeq: 5 });
    });

    test('lists broadcast conversations for their members', async () => {
      const conversations = new ConversationsUnderTest(stores);
      const [first = '', last = '', ...others] = newIds(260);
      const largeId = await conversations.create(first, { userIds: others.slice(0, 200) });
      await conversations.create(first, { userIds: [last] });
      expect(await stores.conversations.broadcastConversations(first)).toEqual([]);
      await conversations.add(largeId, first, [...others.slice(200), last]);
      for (const userId of [first, last]) {
        expect(await stores.conversations.broadcastConversations(userId)).toEqual([largeId]);
      }
      await conversations.leave(largeId, last);
      expect(await stores.conversations.broadcastConversations(last)).toEqual([]);
      expect(await stores.conversations.broadcastConversations(systemIds.uuid())).toEqual([]);
    });
  });
}
