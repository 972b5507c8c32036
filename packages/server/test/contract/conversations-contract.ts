import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { systemIds } from '../../src/platform/ids.ts';
import { describeActivityTimes } from './activity-times-contract.ts';
import { describeBans } from './bans-contract.ts';
import { describeChannelSearch } from './channel-search-contract.ts';
import { ConversationsUnderTest, fields, newIds } from './conversations-under-test.ts';
import { describeHomepage } from './homepage-contract.ts';
import { describeMembershipIndex } from './membership-index-contract.ts';
import { describeReadPositions } from './read-positions-contract.ts';
import type { Stores } from './sqlite-stores.ts';

export function describeConversationsContract(name: string, open: () => Promise<Stores>): void {
  describe(`conversations on ${name}`, () => {
    let stores: Stores;
    let conversations: ConversationsUnderTest;
    const [ana = '', ben = '', cleo = ''] = newIds(3);

    beforeEach(async () => {
      stores = await open();
      conversations = new ConversationsUnderTest(stores);
    });
    afterEach(() => stores.close());

    describeBans(() => stores);
    describeMembershipIndex(() => stores);
    describeHomepage(() => stores);
    describeActivityTimes(() => stores);
    describeChannelSearch(() => stores);
    describeReadPositions(() => stores);

    test('a missing conversation is undefined', async () => {
      const conversationId = await conversations.create(ana);
      expect(await stores.conversations.head(systemIds.uuid())).toBeUndefined();
      expect(await stores.conversations.participant(conversationId, ben)).toBeUndefined();
      expect(await stores.conversations.participant(systemIds.uuid(), ana)).toBeUndefined();
      expect(await stores.conversations.own(ben, conversationId)).toBeUndefined();
      expect(await stores.conversations.members(systemIds.uuid(), { after: null, limit: 10 })).toEqual([]);
    });

    test('reads include acknowledged heads and participants, also former ones (contract 6, 8)', async () => {
      const conversationId = await conversations.create(ana, { userIds: [ben], history: 'since_joining' });
      const left = await conversations.leave(conversationId, ben);
      expect(await stores.conversations.head(conversationId)).toMatchObject({ headSeq: left.seq, memberCount: 1 });
      expect(await stores.conversations.participant(conversationId, ben)).toMatchObject({ leftSeq: left.seq });
      expect(await stores.conversations.own(ben, conversationId)).toBeUndefined();
      const added = await conversations.add(conversationId, ana, [ben]);
      expect(await stores.conversations.participant(conversationId, ben)).toMatchObject({
        ...{ joinedSeq: added.seq, visibleFromSeq: added.seq, leftSeq: null, changedSeq: added.seq },
      });
    });

    test('a conversation is read with a user’s current or former participant and its epoch', async () => {
      const conversationId = await conversations.create(ana, { userIds: [ben] });
      const read = async (userId: string) =>
        (await stores.conversations.headsAndParticipants([conversationId], userId)).get(conversationId);
      const expected = async (userId: string) => {
        const head = await stores.conversations.head(conversationId);
        if (!head) throw new Error('the conversation is gone');
        const participant = await stores.conversations.participant(conversationId, userId);
        return { head, participant, epoch: await stores.conversations.epochOf(conversationId) };
      };
      await conversations.leave(conversationId, ben);
      expect((await read(ben))?.participant).toMatchObject({ userId: ben, leftSeq: 2 });
      for (const userId of [ana, ben, cleo]) expect(await read(userId)).toEqual(await expected(userId));
      expect((await read(cleo))?.participant).toBeUndefined();
    });

    test('of several conversations, those that exist are read', async () => {
      const [first, second] = [await conversations.create(ana, { userIds: [ben] }), await conversations.create(cleo)];
      const found = await stores.conversations.headsAndParticipants([second, systemIds.uuid(), first], ben);
      expect(new Set(found.keys())).toEqual(new Set([first, second]));
      expect(found.get(first)).toMatchObject({ head: { id: first }, participant: { userId: ben } });
      expect(found.get(second)?.participant).toBeUndefined();
      expect(await stores.conversations.headsAndParticipants([], ben)).toEqual(new Map());
    });

    test('a conversation carries its epoch, which stays the same', async () => {
      const conversationId = await conversations.create(ana);
      const epoch = await stores.conversations.epochOf(conversationId);
      expect(epoch).toMatch(/^.{1,64}$/);
      await conversations.send(conversationId, ana, 'text');
      expect(await stores.conversations.own(ana, conversationId)).toMatchObject({ epoch });
      expect(await stores.conversations.epochOf(conversationId)).toBe(epoch);
      expect(await stores.conversations.epochOf(ana)).toBeString();
    });

    describe('members', () => {
      test('are the current ones, in the order of joining, then of ids', async () => {
        const others = newIds(5);
        const conversationId = await conversations.create(ana, { userIds: others });
        await conversations.add(conversationId, ana, [ben, cleo]);
        const [gone = ''] = others;
        await conversations.leave(conversationId, gone);
        const first = [ana, ...others.slice(1)].sort();
        const members = await stores.conversations.members(conversationId, { after: null, limit: 100 });
        expect(members.map((member) => member.userId)).toEqual([...first, ...[ben, cleo].sort()]);
        await conversations.add(conversationId, ana, [gone]);
        const again = await stores.conversations.members(conversationId, { after: null, limit: 100 });
        expect(again.at(-1)?.userId).toBe(gone);
      });

      test('are paged without gaps or duplicates while users join and leave', async () => {
        const stay = newIds(20);
        const leave = newIds(6);
        const conversationId = await conversations.create(ana, { userIds: [...stay, ...leave] });
        const seen: string[] = [];
        let after: { joinedSeq: number; userId: string } | null = null;
        for (const leaving of [...leave, ...leave.map(() => null)]) {
          const page = await stores.conversations.members(conversationId, { after, limit: 5 });
          seen.push(...page.map((member) => member.userId));
          after = page.at(-1) ?? after;
          if (leaving !== null) await conversations.leave(conversationId, leaving);
          await conversations.add(conversationId, ana, newIds(1));
        }
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen).toEqual(expect.arrayContaining([ana, ...stay]));
      });
    });

    describe('own', () => {
      test('has the newest message, also when notices follow it', async () => {
        const conversationId = await conversations.create(ana, { userIds: [ben] });
        expect((await stores.conversations.own(ben, conversationId))?.lastMessage).toBeNull();
        const message = await conversations.send(conversationId, ana, 'hello');
        await conversations.rename(conversationId, ana, 'Other');
        const own = await stores.conversations.own(ben, conversationId);
        expect(own?.lastMessage).toEqual(message as NonNullable<typeof own>['lastMessage']);
        expect(own?.head.name).toBe('Other');
      });

      test('has no message that its member may not read (contract 8)', async () => {
        const conversationId = await conversations.create(ana, { history: 'since_joining' });
        await conversations.send(conversationId, ana, 'before');
        await conversations.add(conversationId, ana, [ben]);
        expect((await stores.conversations.own(ben, conversationId))?.lastMessage).toBeNull();
        await conversations.send(conversationId, ana, 'after');
        expect((await stores.conversations.own(ben, conversationId))?.lastMessage).toMatchObject({ text: 'after' });
      });

      test('names the other person of a direct conversation, and none in others', async () => {
        const directId = await conversations.openDirect(ana, ben);
        const groupId = await conversations.create(ana, { userIds: [ben] });
        expect((await stores.conversations.own(ana, directId))?.partnerId).toBe(ben);
        expect((await stores.conversations.own(ben, directId))?.partnerId).toBe(ana);
        expect((await stores.conversations.own(ana, groupId))?.partnerId).toBeNull();
      });

      test('shows a new role', async () => {
        const conversationId = await conversations.create(ana, { userIds: [ben] });
        await conversations.entryOf({ ...fields(conversationId, ana), kind: 'set_role', userId: ben, role: 'admin' });
        expect((await stores.conversations.own(ben, conversationId))?.participant.role).toBe('admin');
      });
    });
  });
}
