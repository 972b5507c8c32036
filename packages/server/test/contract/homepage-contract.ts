import { beforeEach, describe, expect, test } from 'bun:test';
import type { UserId } from '@parley/protocol';
import fc from 'fast-check';
import type { HomepagePosition, HomepageRow } from '../../src/conversations/conversations-port.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import type { Stores } from './sqlite-stores.ts';

export function describeHomepage(storesOf: () => Stores): void {
  describe('homepage', () => {
    let stores: Stores;
    let conversations: ConversationsUnderTest;
    let ana: UserId;
    let ben: UserId;

    beforeEach(() => {
      stores = storesOf();
      conversations = new ConversationsUnderTest(stores);
      [ana, ben] = [systemIds.uuid(), systemIds.uuid()];
    });

    const pageOf = async (userId: UserId, after: HomepagePosition | null = null, limit = 100) =>
      (await stores.conversations.homepage({ userId, after, limit, left: true })).rows;
    const idsOf = async (userId: UserId) => (await pageOf(userId)).map((row) => positionOf(row).conversationId);

    test('is empty for a user without conversations', async () => {
      await conversations.create(ana);
      expect(await pageOf(ben)).toEqual([]);
    });

    test('lists the user’s conversations as `own` returns them, newest activity first', async () => {
      const first = await conversations.create(ana, { userIds: [ben] });
      conversations.nowMs += 10;
      const second = await conversations.create(ana, { userIds: [ben] });
      conversations.nowMs += 10;
      const message = await conversations.send(first, ana, 'newer');
      await stores.conversations.advanceReadPosition(ben, first, { seq: message.seq, messageCount: 1 });
      const rows = await pageOf(ben);
      expect(rows.map((row) => [positionOf(row).conversationId, row.atMs])).toEqual([
        [first, conversations.nowMs],
        [second, conversations.nowMs - 10],
      ]);
      for (const row of rows) {
        if (row.kind !== 'own') throw new Error('ben has left no conversation');
        const own = await stores.conversations.own(ben, row.conversation.head.id);
        expect(own).toEqual(row.conversation);
      }
    });

    test('lists conversations by their last change if requested, in pages, and by activity otherwise', async () => {
      const ids: string[] = [];
      for (let count = 0; count < 5; count++) {
        conversations.nowMs += 10;
        const id = await conversations.create(ana, { userIds: [ben] });
        await conversations.send(id, ana, 'text');
        ids.unshift(id);
      }
      const oldest = ids.at(-1) ?? '';
      conversations.nowMs += 10;
      const edit = { kind: 'edit', seq: 2, text: 'other', acceptedAtMs: 0 } as const;
      await conversations.carryOut({ conversationId: oldest, actorId: ana, commandId: 'edit', ...edit });
      const listed: (string | undefined)[] = [];
      for (let after: HomepagePosition | null = null, more = true; more; ) {
        const page = await stores.conversations.homepage({ userId: ben, after, limit: 2, left: true, byChange: true });
        listed.push(...page.rows.map((row) => positionOf(row).conversationId));
        after = page.next;
        more = after !== null;
      }
      expect(listed).toEqual([oldest, ...ids.slice(0, -1)]);
      expect(await idsOf(ben)).toEqual(ids);
    });

    test('lists a conversation that was left at the time of leaving, and as own again after rejoining', async () => {
      const left = await conversations.create(ana, { userIds: [ben] });
      conversations.nowMs += 10;
      const stayed = await conversations.create(ana, { userIds: [ben] });
      conversations.nowMs += 10;
      await conversations.leave(left, ben);
      const leftAtMs = conversations.nowMs;
      conversations.nowMs += 10;
      await conversations.send(left, ana, 'not for ben');
      expect(await pageOf(ben)).toEqual([
        { kind: 'left', atMs: leftAtMs, conversationId: left },
        expect.objectContaining({ kind: 'own', atMs: leftAtMs - 10 }),
      ]);
      expect(await idsOf(ben)).toEqual([left, stayed]);
      await conversations.add(left, ana, [ben]);
      expect((await pageOf(ben)).map((row) => row.kind)).toEqual(['own', 'own']);
    });

    test('without left conversations has full pages of current ones', async () => {
      const present: string[] = [];
      for (let index = 0; index < 15; index++) {
        conversations.nowMs++;
        const conversationId = await conversations.create(ana, { userIds: [ben] });
        if (index % 3 === 0) present.push(conversationId);
        else await conversations.leave(conversationId, ben);
      }
      const paged: HomepageRow[] = [];
      for (let after: HomepagePosition | null = null; paged.length < present.length; ) {
        const { rows, next } = await stores.conversations.homepage({ userId: ben, after, limit: 2, left: false });
        expect(rows).toHaveLength(Math.min(2, present.length - paged.length));
        paged.push(...rows);
        const last = rows.at(-1);
        expect(next).toEqual(last && rows.length === 2 ? positionOf(last) : null);
        after = next;
      }
      expect(paged.map((row) => positionOf(row).conversationId)).toEqual(present.toReversed());
    });

    test('has the epoch and the newest read revision in a snapshot', async () => {
      const conversationId = await conversations.create(ana, { userIds: [ben] });
      const message = await conversations.send(conversationId, ana, 'text');
      const left = await conversations.create(ana, { userIds: [ben] });
      await conversations.leave(left, ben);
      const snapshot = () => stores.conversations.snapshot({ userId: ben, limit: 10, left: true });
      const before = await snapshot();
      expect(before).toEqual({
        epoch: await stores.conversations.epochOf(ben),
        readRevision: 0,
        rows: await pageOf(ben, null, 10),
        next: null,
      });
      await stores.conversations.advanceReadPosition(ben, conversationId, { seq: message.seq, messageCount: 1 });
      const after = await snapshot();
      expect(after.rows).toEqual(await pageOf(ben, null, 10));
      const [position] = await stores.conversations.readPositionsAfter(ben, { revision: 0, limit: 10 });
      expect(after.readRevision).toBe(position?.revision ?? 0);
      expect((await stores.conversations.snapshot({ userId: ben, limit: 10, left: false })).rows).toHaveLength(1);
    });

    test('lists a direct conversation without messages only for the user who opened it', async () => {
      const directId = await conversations.openDirect(ana, ben);
      expect([await idsOf(ana), await idsOf(ben)]).toEqual([[directId], []]);
      await conversations.send(directId, ana, 'hello');
      expect([await idsOf(ana), await idsOf(ben)]).toEqual([[directId], [directId]]);
    });

    test('lists a closed conversation only as left', async () => {
      const conversationId = await conversations.create(ana);
      await conversations.leave(conversationId, ana);
      expect((await stores.conversations.head(conversationId))?.closed).toBe(true);
      expect(await pageOf(ana)).toEqual([{ kind: 'left', atMs: conversations.nowMs, conversationId }]);
    });

    test('never lists a closed conversation as own, however late the index by user is', async () => {
      const conversationId = await conversations.create(ana);
      const participant = await stores.conversations.participant(conversationId, ana);
      if (!participant) throw new Error('ana is not a participant');
      await conversations.leave(conversationId, ana);
      await stores.conversations.indexParticipants([
        { participant: { ...participant, userId: ben }, broadcast: false },
      ]);
      expect(await pageOf(ben)).toEqual([]);
    });

    test('is paged without gaps or duplicates, also among equal times', async () => {
      const activity = fc.array(fc.record({ atMs: fc.integer({ min: 1, max: 4 }), left: fc.boolean() }), {
        maxLength: 12,
      });
      await fc.assert(
        fc.asyncProperty(activity, fc.integer({ min: 1, max: 5 }), async (history, limit) => {
          const userId = systemIds.uuid();
          for (const { atMs, left } of history) {
            conversations.nowMs = atMs;
            const conversationId = await conversations.create(ana, { userIds: [userId] });
            if (left) await conversations.leave(conversationId, userId);
          }
          const rows = (await pageOf(userId)).map(positionOf);
          expect(rows).toHaveLength(history.length);
          expect(rows).toEqual([...rows].sort(newestFirst));
          expect((await allPages(userId, limit)).map(positionOf)).toEqual(rows);
        }),
      );
    });

    test('pages show unchanged conversations exactly once during concurrent writes', async () => {
      const quiet: string[] = [];
      for (let index = 0; index < 12; index++) {
        conversations.nowMs++;
        const conversationId = await conversations.create(ana, { userIds: [ben] });
        if (index % 3 > 0) quiet.push(conversationId);
      }
      const busy = (await idsOf(ben)).filter((id) => !quiet.includes(id));
      const rows = await allPages(ben, 3, async () => {
        conversations.nowMs++;
        await conversations.send(busy.pop() ?? (await conversations.create(ana, { userIds: [ben] })), ana, 'meanwhile');
      });
      const seen = rows.map((row) => positionOf(row).conversationId).filter((id) => quiet.includes(id));
      expect(seen).toEqual(quiet.reverse());
    });

    async function allPages(
      userId: UserId,
      limit: number,
      meanwhile: () => Promise<void> = async () => undefined,
    ): Promise<HomepageRow[]> {
      const rows: HomepageRow[] = [];
      for (let page = await pageOf(userId, null, limit); page.length > 0; ) {
        rows.push(...page);
        await meanwhile();
        const last = rows.at(-1);
        page = last ? await pageOf(userId, positionOf(last), limit) : [];
      }
      return rows;
    }
  });
}

function positionOf(row: HomepageRow): HomepagePosition {
  return { atMs: row.atMs, conversationId: row.kind === 'own' ? row.conversation.head.id : row.conversationId };
}

function newestFirst(a: HomepagePosition, b: HomepagePosition): number {
  return b.atMs - a.atMs || (a.conversationId < b.conversationId ? 1 : -1);
}
