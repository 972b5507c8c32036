import { beforeEach, describe, expect, test } from 'bun:test';
import type { ConversationId, Entry } from '@parley/protocol';
import type { ConversationHead } from '../../src/conversations/conversation.ts';
import type { Changes } from '../../src/history/history-port.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import type { Stores } from './sqlite-stores.ts';

/** What the store itself prevents, even if a faulty or late decision asks for it. */
export function describeUniqueness(storesOf: () => Stores): void {
  describe('whatever a decision contains', () => {
    let stores: Stores;
    let conversationId: ConversationId;
    let otherId: ConversationId;
    let first: Entry;
    const ana = systemIds.uuid();
    const ben = systemIds.uuid();

    beforeEach(async () => {
      stores = storesOf();
      const conversations = new ConversationsUnderTest(stores);
      conversationId = await conversations.create(ana, { userIds: [ben] });
      otherId = await conversations.create(ana);
      first = await conversations.send(conversationId, ana, 'first', 'm1');
    });

    const message = (seq: number, change: Partial<Entry> = {}): Entry => ({
      ...{ kind: 'message', conversationId, seq, messageCount: seq - 1, atMs: 2_000, senderId: ana },
      ...{ clientMessageId: 'any', text: `number ${seq}` },
      ...(change as object),
    });
    const write = (changes: Partial<Changes>) =>
      stores.history.apply(
        { conversationIds: [conversationId], participants: [], banned: [], repeats: [], reaches: [] },
        () => ({
          changes: { entries: [], heads: [], participants: [], banChanges: [], reaches: [], ...changes },
          result: undefined,
        }),
      );
    const logOf = (id: ConversationId) =>
      stores.history.range({
        ...{ conversationId: id, fromSeq: 1, toSeq: 100, order: 'oldest_first', limit: 100, textBytes: 1e6 },
      });
    const headOf = async (): Promise<ConversationHead> => {
      const head = await stores.conversations.head(conversationId);
      if (!head) throw new Error('the conversation is missing');
      return head;
    };

    test('a command is one entry (contract 2)', async () => {
      await expect(write({ entries: [{ entry: message(3), firstTextHash: null, commandId: 'm1' }] })).rejects.toThrow();
      expect(await logOf(conversationId)).toHaveLength(2);
    });

    test('a command is one entry, within one batch and in two concurrent batches', async () => {
      const twice = [message(3), message(4)].map((entry) => ({ entry, firstTextHash: null, commandId: 'm2' }));
      await expect(write({ entries: twice })).rejects.toThrow();
      expect(await logOf(conversationId)).toHaveLength(2);
      const both = await Promise.allSettled([
        write({ entries: [{ entry: message(3), firstTextHash: null, commandId: 'm3' }] }),
        write({ entries: [{ entry: message(4), firstTextHash: null, commandId: 'm3' }] }),
      ]);
      expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    });

    test('the same command id is free for another sender, and in another conversation', async () => {
      await write({ entries: [{ entry: message(3, { senderId: ben }), firstTextHash: null, commandId: 'm1' }] });
      await write({
        entries: [{ entry: message(2, { conversationId: otherId }), firstTextHash: null, commandId: 'm1' }],
      });
      expect([(await logOf(conversationId)).length, (await logOf(otherId)).length]).toEqual([3, 2]);
    });

    test('a number is one entry (contract 3)', async () => {
      await expect(write({ entries: [{ entry: message(2), firstTextHash: null, commandId: 'm2' }] })).rejects.toThrow();
      expect((await logOf(conversationId))[1]).toEqual(first);
    });

    test('all of it is written or nothing', async () => {
      const head = await headOf();
      const participant = await stores.conversations.participant(conversationId, ben);
      if (!participant) throw new Error('ben is not a participant');
      const changes: Changes = {
        entries: [
          { entry: message(3), firstTextHash: null, commandId: 'm2' },
          { entry: message(4), firstTextHash: null, commandId: 'm1' },
        ],
        heads: [{ ...head, headSeq: 4, name: 'Never' }],
        participants: [{ ...participant, leftSeq: 4, changedSeq: 4 }],
        banChanges: [
          { conversationId, userId: ben, ban: { conversationId, userId: ben, seq: 4, bannedBy: ana, atMs: 1 } },
        ],
        reaches: [],
      };
      await expect(write(changes)).rejects.toThrow();
      expect(await logOf(conversationId)).toHaveLength(2);
      expect(await headOf()).toEqual(head);
      expect(await stores.conversations.participant(conversationId, ben)).toEqual(participant);
      expect(await stores.conversations.bans(conversationId, { before: null, limit: 1 })).toEqual([]);
      expect(await stores.conversations.own(ben, conversationId)).toMatchObject({ participant });
    });
  });
}
