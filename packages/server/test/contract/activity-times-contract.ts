import { beforeEach, describe, expect, test } from 'bun:test';
import type { ConversationId, UserId } from '@parley/protocol';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import type { Stores } from './sqlite-stores.ts';

const dayMs = 86_400_000;

export function describeActivityTimes(storesOf: () => Stores): void {
  describe('conversations dated ahead by a wrong clock', () => {
    let stores: Stores;
    let conversations: ConversationsUnderTest;
    let ana: UserId;
    let rightMs: number;

    beforeEach(() => {
      stores = storesOf();
      conversations = new ConversationsUnderTest(stores);
      ana = systemIds.uuid();
      rightMs = 1_767_225_600_000;
      conversations.nowMs = rightMs;
    });

    async function settle(asOfMs = conversations.nowMs): Promise<number> {
      const { nowMs } = conversations;
      let settled = 0;
      for (let partition = 0; partition < stores.partitions; partition++) {
        settled += await stores.history.settleActivity(partition, { nowMs, asOfMs });
      }
      return settled;
    }

    async function listed(): Promise<[ConversationId, number][]> {
      const { rows } = await stores.conversations.homepage({ userId: ana, after: null, limit: 100, left: false });
      return rows.flatMap((row) => (row.kind === 'own' ? [[row.conversation.head.id, row.atMs] as const] : [])) as [
        ConversationId,
        number,
      ][];
    }

    test('are listed just before the present, and stay there when their time is reached', async () => {
      const old = await conversations.create(ana);
      conversations.nowMs = rightMs + dayMs;
      const ahead = await conversations.create(ana);
      conversations.nowMs = rightMs + 10;
      expect(await settle()).toBe(1);
      conversations.nowMs += 1;
      const fresh = await conversations.create(ana);
      const expected: [ConversationId, number][] = [
        [fresh, rightMs + 11],
        [ahead, rightMs + 9],
        [old, rightMs],
      ];
      expect(await listed()).toEqual(expected);
      conversations.nowMs = rightMs + 2 * dayMs;
      expect(await settle()).toBe(0);
      expect(await listed()).toEqual(expected);
      // The time is the same in every list.
      expect((await stores.conversations.head(ahead))?.lastEntryAtMs).toBe(rightMs + 9);
      expect((await stores.conversations.own(ana, ahead))?.head.lastEntryAtMs).toBe(rightMs + 9);
    });

    test('are listed before entries with correct times, however late they are corrected', async () => {
      conversations.nowMs = rightMs + dayMs;
      const ahead = await conversations.create(ana);
      conversations.nowMs = rightMs + 10;
      const fresh = await conversations.create(ana);
      conversations.nowMs = rightMs + 900;
      await settle(rightMs);
      expect((await listed()).map(([id]) => id)).toEqual([fresh, ahead]);
    });

    test('are listed by the time of their next entry as soon as there is one, and may be ahead again', async () => {
      conversations.nowMs = rightMs + dayMs;
      const ahead = await conversations.create(ana);
      conversations.nowMs = rightMs;
      await settle();
      conversations.nowMs = rightMs + 20;
      const { atMs } = await conversations.send(ahead, ana, 'now');
      expect(atMs).toBe(rightMs + 20);
      expect(await listed()).toEqual([[ahead, atMs]]);
      conversations.nowMs = rightMs + dayMs;
      await conversations.send(ahead, ana, 'ahead again');
      conversations.nowMs = rightMs + 30;
      expect(await settle()).toBe(1);
      expect(await settle()).toBe(0);
      expect(await listed()).toEqual([[ahead, rightMs + 29]]);
    });

    test('are not corrected when they are a few seconds ahead', async () => {
      conversations.nowMs = rightMs + 5_000;
      const ahead = await conversations.create(ana);
      conversations.nowMs = rightMs;
      expect(await settle()).toBe(0);
      expect(await listed()).toEqual([[ahead, rightMs + 5_000]]);
    });

    test('are paged through without gaps or doubles', async () => {
      const ids: ConversationId[] = [];
      for (let index = 0; index < 9; index++) {
        conversations.nowMs = rightMs + (index % 3 === 0 ? dayMs : 0) + index;
        ids.push(await conversations.create(ana));
      }
      conversations.nowMs = rightMs + 100;
      expect(await settle()).toBe(3);
      const all = await listed();
      const paged: [ConversationId, number][] = [];
      for (let after: { atMs: number; conversationId: ConversationId } | null = null; paged.length < ids.length; ) {
        const { rows } = await stores.conversations.homepage({ userId: ana, after, limit: 2, left: false });
        expect(rows.length).toBeGreaterThan(0);
        for (const row of rows) {
          if (row.kind !== 'own') throw new Error('ana has left no conversation');
          after = { atMs: row.atMs, conversationId: row.conversation.head.id };
          paged.push([after.conversationId, after.atMs]);
        }
      }
      expect(paged).toEqual(all);
      expect(new Set(paged.map(([id]) => id))).toEqual(new Set(ids));
    });
  });
}
