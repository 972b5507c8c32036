import { beforeEach, describe, expect, test } from 'bun:test';
import type { Ban } from '../../src/conversations/conversation.ts';
import { participantKey } from '../../src/history/history-port.ts';
import { ConversationsUnderTest, fields, newIds } from './conversations-under-test.ts';
import type { Stores } from './sqlite-stores.ts';

export function describeBans(opened: () => Stores): void {
  describe('bans', () => {
    let stores: Stores;
    let conversations: ConversationsUnderTest;
    let channelId: string;
    const [ana = '', ben = '', cleo = ''] = newIds(3);

    beforeEach(async () => {
      stores = opened();
      conversations = new ConversationsUnderTest(stores);
      channelId = await conversations.createChannel(ana, 'Harbour');
    });

    const ban = (userId: string) => conversations.entryOf({ ...fields(channelId, ana), kind: 'ban', userId });
    const unban = (userId: string) => conversations.entryOf({ ...fields(channelId, ana), kind: 'unban', userId });
    const listed = (conversationId = channelId, before: number | null = null, limit = 100) =>
      stores.conversations.bans(conversationId, { before, limit });
    const bannedOf = (needed: { conversationId: string; userId: string }[]) =>
      stores.history.apply(
        { conversationIds: [channelId], participants: [], banned: needed, repeats: [], reaches: [] },
        (facts) => ({
          changes: { entries: [], heads: [], participants: [], banChanges: [], reaches: [] },
          result: facts.banned,
        }),
      );

    test('are listed with who banned and when, the newest first, and only of their conversation', async () => {
      await conversations.join(channelId, ben);
      conversations.nowMs = 2_000;
      const first = await ban(ben);
      conversations.nowMs = 3_000;
      const second = await ban(cleo);
      const other = await conversations.createChannel(ana, 'Other');
      const row = (userId: string, seq: number, atMs: number): Ban => ({
        ...{ conversationId: channelId, userId, seq, bannedBy: ana, atMs },
      });
      expect(await listed()).toEqual([row(cleo, second.seq, 3_000), row(ben, first.seq, 2_000)]);
      expect(await listed(other)).toEqual([]);
      expect(await listed(newIds(1)[0])).toEqual([]);
      expect(await stores.conversations.head(channelId)).toMatchObject({ banCount: 2 });
    });

    test('are gone once they are lifted, and listed anew when the user is banned again', async () => {
      await ban(ben);
      await unban(ben);
      expect(await listed()).toEqual([]);
      expect(await stores.conversations.head(channelId)).toMatchObject({ banCount: 0 });
      const { seq } = await ban(ben);
      expect(await listed()).toMatchObject([{ userId: ben, seq }]);
    });

    test('that are set and lifted in one batch leave the last state', async () => {
      const command = (kind: 'ban' | 'unban', userId: string) => ({ ...fields(channelId, ana), kind, userId });
      await ban(cleo);
      const { outcomes } = await conversations.carryOut(
        ...[command('ban', ben), command('unban', ben), command('unban', cleo), command('ban', cleo)],
      );
      expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'done', 'done', 'done']);
      expect(await listed()).toMatchObject([{ userId: cleo, seq: 6 }]);
      expect(await stores.conversations.head(channelId)).toMatchObject({ banCount: 1 });
    });

    test('are in the facts of a batch, for the users that it names', async () => {
      await ban(ben);
      const named = [ben, cleo].map((userId) => ({ conversationId: channelId, userId }));
      expect(await bannedOf(named)).toEqual(new Set([participantKey(channelId, ben)]));
      expect(await bannedOf([])).toEqual(new Set());
      await unban(ben);
      expect(await bannedOf(named)).toEqual(new Set());
    });

    test('are paged without gaps or duplicates while users are banned and unbanned', async () => {
      const stay = newIds(20);
      const lifted = newIds(6);
      for (const userId of [...stay, ...lifted]) await ban(userId);
      const seen: string[] = [];
      let before: number | null = null;
      for (const lifting of [...lifted, ...lifted.map(() => null)]) {
        const page: Ban[] = await listed(channelId, before, 5);
        seen.push(...page.map(({ userId }) => userId));
        before = page.at(-1)?.seq ?? before;
        if (lifting !== null) await unban(lifting);
        for (const userId of newIds(1)) await ban(userId);
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining(stay));
    });
  });
}
