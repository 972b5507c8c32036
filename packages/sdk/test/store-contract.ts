import { afterEach, describe, expect, test } from 'bun:test';
import type { Store, StoredAmendment, StoredMessage } from '../src/index.ts';
import { ana, conversation, message, messages, otherRoomId, roomId } from './support/entries.ts';

const session = { token: 'token', account: ana };

function outgoing(clientMessageId: string, order: number, fields: Partial<StoredMessage> = {}): StoredMessage {
  return { clientMessageId, conversationId: roomId, text: 'text', order, createdAtMs: 1, failure: null, ...fields };
}

/** Tests what `Store` promises. `reopen` returns the store as a later run finds it. */
export function describeStore(name: string, open: () => Promise<{ store: Store; reopen(): Promise<Store> }>): void {
  describe(`store contract: ${name}`, () => {
    let store: Store | null = null;
    afterEach(() => store?.clear());
    const opened = async () => {
      const { store: fresh, reopen } = await open();
      store = fresh;
      return { store: fresh, reopen };
    };

    test('is empty at first', async () => {
      const { store } = await opened();
      expect(await store.session()).toBeNull();
      expect(await store.conversations()).toEqual([]);
      expect(await store.entries(roomId, { limit: 10 })).toEqual([]);
      expect(await store.outbox()).toEqual([]);
    });

    test('changes whose method resolved are there after a restart', async () => {
      const { store, reopen } = await opened();
      await store.setSession({ ...session, catchUp: 'done', features: ['amendments'] });
      await store.putConversation({ conversation: conversation(3), position: 3 });
      await store.putEntries(roomId, messages(1, 3));
      await store.putOutbox(outgoing('one', 1));
      const again = await reopen();
      expect(await again.session()).toEqual({ ...session, catchUp: 'done', features: ['amendments'] });
      expect(await again.conversations()).toEqual([{ conversation: conversation(3), position: 3 }]);
      expect(await again.entries(roomId, { limit: 10 })).toEqual(messages(1, 3));
      expect(await again.outbox()).toEqual([outgoing('one', 1)]);
    });

    test('an entry does not replace one that was amended later', async () => {
      const { store, reopen } = await opened();
      const amended = message(1, { text: 'amended', revision: 2 });
      await store.putEntries(roomId, [amended, message(2)]);
      await store.putEntries(roomId, [message(1), message(2, { text: 'again' })]);
      const again = await reopen();
      expect(await again.entries(roomId, { limit: 10 })).toEqual([amended, message(2, { text: 'again' })]);
      await again.putEntries(roomId, [{ ...amended, revision: 3 }]);
      expect(await again.entries(roomId, { before: 2, limit: 10 })).toEqual([{ ...amended, revision: 3 }]);
    });

    test('revises the entries that it has, and adds none', async () => {
      const { store, reopen } = await opened();
      await store.putEntries(roomId, messages(1, 2));
      await store.reviseEntries(roomId, [2, 3], (entry) => message(entry.seq, { text: 'revised' }));
      await store.reviseEntries(otherRoomId, [1], () => message(1));
      const again = await reopen();
      expect(await again.entries(roomId, { limit: 10 })).toEqual([message(1), message(2, { text: 'revised' })]);
      expect(await again.entries(otherRoomId, { limit: 10 })).toEqual([]);
    });

    test('keeps amendments in order until they are deleted or everything is cleared', async () => {
      const { store, reopen } = await opened();
      const amendment = (amendmentId: string, order: number): StoredAmendment => ({
        ...{ amendmentId, userId: ana.id, conversationId: roomId, clientMessageId: 'm', seq: null, order },
        change: { kind: 'delete' },
      });
      for (const [index, id] of ['c', 'a', 'b'].entries()) await store.putAmendment(amendment(id, index));
      await store.deleteAmendment('a');
      const again = await reopen();
      expect(await again.amendments()).toEqual([amendment('c', 0), amendment('b', 2)]);
      await again.clear();
      expect(await again.amendments()).toEqual([]);
    });

    test('keeps the last session that was set; null deletes it', async () => {
      const { store } = await opened();
      await store.setSession(session);
      await store.setSession({ ...session, token: 'newer' });
      expect(await store.session()).toEqual({ ...session, token: 'newer' });
      await store.setSession(null);
      expect(await store.session()).toBeNull();
    });

    test('keeps the last state of each conversation', async () => {
      const { store } = await opened();
      await store.putConversation({ conversation: conversation(1), position: 1 });
      await store.putConversation({ conversation: conversation(2, { id: otherRoomId }), position: 2 });
      await store.putConversation({ conversation: conversation(5), position: 4 });
      const kept = await store.conversations();
      expect(kept).toHaveLength(2);
      expect(kept).toContainEqual({ conversation: conversation(5), position: 4 });
    });

    test('keeps one entry per number and conversation', async () => {
      const { store } = await opened();
      await store.putEntries(roomId, messages(1, 3));
      await store.putEntries(roomId, messages(2, 4));
      await store.putEntries(otherRoomId, [message(2, { conversationId: otherRoomId, text: 'elsewhere' })]);
      expect(await store.entries(roomId, { limit: 10 })).toEqual(messages(1, 4));
      expect((await store.entries(otherRoomId, { limit: 10 })).map(({ seq }) => seq)).toEqual([2]);
    });

    test('returns at most `limit` entries, the newest without `before`, ascending, also with gaps', async () => {
      const { store } = await opened();
      await store.putEntries(roomId, messages(20, 25));
      await store.putEntries(roomId, messages(1, 5));
      const seqs = async (page: { before?: number; limit: number }) =>
        (await store.entries(roomId, page)).map(({ seq }) => seq);
      expect(await seqs({ limit: 3 })).toEqual([23, 24, 25]);
      expect(await seqs({ limit: 3, before: 25 })).toEqual([22, 23, 24]);
      expect(await seqs({ limit: 4, before: 22 })).toEqual([4, 5, 20, 21]);
      expect(await seqs({ limit: 100, before: 3 })).toEqual([1, 2]);
      expect(await seqs({ limit: 10, before: 1 })).toEqual([]);
    });

    test('deletes a conversation with its entries, and nothing else', async () => {
      const { store } = await opened();
      for (const id of [roomId, otherRoomId]) {
        await store.putConversation({ conversation: conversation(1, { id }), position: 1 });
        await store.putEntries(id, [message(1, { conversationId: id })]);
      }
      await store.putOutbox(outgoing('one', 1));
      await store.deleteConversation(roomId);
      await store.deleteConversation(roomId);
      expect((await store.conversations()).map(({ conversation: { id } }) => id)).toEqual([otherRoomId]);
      expect(await store.entries(roomId, { limit: 10 })).toEqual([]);
      expect(await store.entries(otherRoomId, { limit: 10 })).toHaveLength(1);
      expect(await store.outbox()).toHaveLength(1);
    });

    test('returns the last state of each outbox message, by order', async () => {
      const { store } = await opened();
      const failure = { code: 'announce_only', message: 'no' } as const;
      await store.putOutbox(outgoing('b', 2));
      await store.putOutbox(outgoing('c', 10));
      await store.putOutbox(outgoing('a', 1));
      await store.putOutbox(outgoing('b', 2, { failure }));
      expect(await store.outbox()).toEqual([outgoing('a', 1), outgoing('b', 2, { failure }), outgoing('c', 10)]);
      await store.deleteOutbox('b');
      await store.deleteOutbox('never there');
      expect((await store.outbox()).map(({ clientMessageId }) => clientMessageId)).toEqual(['a', 'c']);
    });

    test('keeps the last device secrets, also after clear', async () => {
      const { store, reopen } = await opened();
      expect(await store.deviceSecrets()).toEqual([]);
      await store.setDeviceSecrets(['older']);
      await store.setDeviceSecrets(['newer', 'older']);
      await store.setSession(session);
      await store.clear();
      const again = await reopen();
      expect(await again.session()).toBeNull();
      expect(await again.deviceSecrets()).toEqual(['newer', 'older']);
      await again.setDeviceSecrets([]);
    });

    test('deletes everything else with clear', async () => {
      const { store, reopen } = await opened();
      await store.setSession(session);
      await store.putConversation({ conversation: conversation(1), position: 1 });
      await store.putEntries(roomId, messages(1, 1));
      await store.putOutbox(outgoing('a', 1));
      await store.clear();
      const again = await reopen();
      expect(await again.session()).toBeNull();
      expect(await again.conversations()).toEqual([]);
      expect(await again.entries(roomId, { limit: 10 })).toEqual([]);
      expect(await again.outbox()).toEqual([]);
    });
  });
}
