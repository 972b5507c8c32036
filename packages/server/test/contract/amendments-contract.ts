import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { ConversationId, Entry, MessageEntry } from '@parley/protocol';
import fc from 'fast-check';
import type { Command, Outcome } from '../../src/conversations/command.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest, fields, newIds } from './conversations-under-test.ts';
import type { Stores } from './sqlite-stores.ts';

const everything = { order: 'oldest_first', fromSeq: 1, toSeq: 1_000, limit: 1_000, textBytes: 1e9 } as const;
const allChanges = { after: 0, fromSeq: 1, limit: 1_000, textBytes: 1e9 };

/** Amendments in a history store: what they write, and what is read of it. */
export function describeAmendments(name: string, open: () => Promise<Stores>): void {
  describe(`amendments on ${name}`, () => {
    let stores: Stores;
    let conversations: ConversationsUnderTest;
    let conversationId: ConversationId;
    const ana = systemIds.uuid();
    const ben = systemIds.uuid();

    beforeEach(async () => {
      stores = await open();
      conversations = new ConversationsUnderTest(stores);
      conversationId = await conversations.create(ana, { userIds: [ben] });
    });
    afterEach(() => stores.close());

    const by = (actorId: string) => ({ ...fields(conversationId, actorId), commandId: systemIds.uuid() });
    const edit = (seq: number, text: string, actorId = ana): Command => ({
      ...by(actorId),
      ...{ kind: 'edit', seq, text, acceptedAtMs: 0 },
    });
    const remove = (seq: number, actorId = ana): Command => ({ ...by(actorId), kind: 'delete', seq });
    const react = (seq: number, emoji: string, set = true, actorId = ana): Command => ({
      ...by(actorId),
      ...{ kind: 'react', seq, emoji, set },
    });
    const pin = (seq: number, set = true): Command => ({ ...by(ana), kind: 'pin', seq, set });
    const outcomesOf = async (...commands: Command[]): Promise<Outcome[]> =>
      (await conversations.carryOut(...commands)).outcomes;
    const log = () => stores.history.range({ ...everything, conversationId });
    const messageAt = async (seq: number) => (await log())[seq - 1] as MessageEntry;
    const headOf = async () => {
      const head = await stores.conversations.head(conversationId);
      if (!head) throw new Error('the conversation is missing');
      return head;
    };

    test('reads return the state after any amendments, also of messages of the same batch', async () => {
      const seq = fc.integer({ min: 2, max: 7 });
      const actor = fc.constantFrom(ana, ben);
      const command = fc.oneof(
        fc.record({ actor, text: fc.constantFrom('one', 'other') }).map((each): Command => {
          return { ...by(each.actor), kind: 'send', text: each.text };
        }),
        fc.tuple(seq, fc.constantFrom('second', 'third'), actor).map((given) => edit(...given)),
        fc.tuple(seq, actor).map((given) => remove(...given)),
        fc.tuple(seq, fc.constantFrom('👍', '🎉'), fc.boolean(), actor).map((given) => react(...given)),
        fc.tuple(seq, fc.boolean()).map((given) => pin(...given)),
      );
      const batches = fc.array(fc.array(command, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(batches, async (given) => {
          conversationId = await conversations.create(ana, { userIds: [ben] });
          const expected: Entry[] = await log();
          for (const batch of given) {
            // The commands were made before the conversation.
            const commands = batch.map((each): Command => ({ ...each, conversationId }));
            const { entries, amendments } = await conversations.carryOut(...commands);
            for (const entry of entries) expected[entry.seq - 1] = entry;
            for (const { message } of amendments) expected[message.seq - 1] = message;
          }
          expect(await log()).toEqual(expected);
          const messages = expected.filter((entry): entry is MessageEntry => entry.kind === 'message');
          const amended = messages.filter(({ revision }) => revision !== undefined);
          expect((await headOf()).revision).toBe(Math.max(0, ...amended.map(({ revision = 0 }) => revision)));
          const byRevision = amended.toSorted((a, b) => (a.revision ?? 0) - (b.revision ?? 0));
          expect(await stores.history.changes({ conversationId, ...allChanges })).toEqual(byRevision);
          const pinned = messages.filter((message) => message.pinned).reverse();
          expect(await stores.history.pins(conversationId)).toEqual(pinned);
          for (const { seq: number, reactions = [] } of messages) {
            for (const emoji of ['👍', '🎉']) {
              const page = { after: null, limit: 10 };
              const users = await stores.history.reactedUsers({ conversationId, seq: number, emoji }, page);
              expect(users).toHaveLength(reactions.find((each) => each.emoji === emoji)?.count ?? 0);
            }
          }
        }),
        { numRuns: 25 },
      );
    });

    test('an entry, its reply and its amendments can be of one batch', async () => {
      const send = (text: string, replyTo?: number): Command => ({
        ...by(ana),
        ...{ kind: 'send', text, ...(replyTo !== undefined && { replyTo }) },
      });
      const batch = [send('first'), edit(2, 'second'), react(2, '👍'), send('reply', 2), remove(2), react(3, '🎉')];
      expect((await outcomesOf(...batch)).map(({ kind }) => kind)).not.toContain('refused');
      expect(await messageAt(2)).toMatchObject({ deleted: { byId: ana }, revision: 3 });
      expect(await messageAt(3)).toMatchObject({ replyTo: 2, reactions: [{ emoji: '🎉', count: 1 }], revision: 4 });
      expect(await headOf()).toMatchObject({ headSeq: 3, revision: 4, amendedAtMs: conversations.nowMs });
    });

    test('the homepage shows the present state of the last message', async () => {
      const { seq } = await conversations.send(conversationId, ana, 'first');
      await outcomesOf(edit(seq, 'second'));
      expect((await stores.conversations.own(ben, conversationId))?.lastMessage).toMatchObject({ text: 'second' });
      await outcomesOf(remove(seq));
      const own = await stores.conversations.own(ben, conversationId);
      expect(own?.lastMessage).toMatchObject({ seq, deleted: { byId: ana } });
      expect(own?.head).toMatchObject({ revision: 2 });
    });

    test('a retry of a message is recognised by its first text until it is deleted (contract 2)', async () => {
      const { seq } = await conversations.send(conversationId, ana, 'first', 'm1');
      const retry = (text: string): Command => ({
        ...{ conversationId, actorId: ana, commandId: 'm1' },
        ...{ kind: 'send', text },
      });
      await outcomesOf(edit(seq, 'second'));
      await outcomesOf(edit(seq, 'third'));
      expect(await outcomesOf(retry('first'))).toMatchObject([{ kind: 'done', entry: { seq, text: 'third' } }]);
      expect(await outcomesOf(retry('third'))).toMatchObject([{ code: 'client_message_id_reused' }]);
      await outcomesOf(remove(seq));
      expect(await outcomesOf(retry('first'), retry('other'))).toMatchObject([
        { kind: 'done', entry: { seq } },
        { kind: 'done', entry: { seq } },
      ]);
    });

    test('a retry of an amendment gets the first revision, also in a later batch (contract 2)', async () => {
      const { seq } = await conversations.send(conversationId, ana, 'first');
      const commands = [edit(seq, 'second'), pin(seq), pin(seq, false), remove(seq)];
      for (const command of commands) await outcomesOf(command);
      const receipts = commands.map((_, index) => ({ kind: 'amended', seq, revision: index + 1 }));
      expect(await outcomesOf(...commands)).toMatchObject(receipts);
      expect(await headOf()).toMatchObject({ revision: 4 });
    });

    test('amendments of concurrent batches have one order, without a gap (contract 3)', async () => {
      const { seq } = await conversations.send(conversationId, ana, 'first');
      const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);
      const outcomes = await Promise.all(texts.map((text) => outcomesOf(edit(seq, text))));
      const revisions = outcomes.flat().map((outcome) => (outcome.kind === 'amended' ? outcome.revision : 0));
      expect(revisions.toSorted((a, b) => a - b)).toEqual(texts.map((_, index) => index + 1));
      expect((await messageAt(seq)).text).toBe(texts[revisions.indexOf(texts.length)] ?? '');
    });

    describe('changes', () => {
      const seqs = [2, 3, 4, 5, 6];
      beforeEach(async () => {
        for (const _ of seqs) await conversations.send(conversationId, ana, 'first');
        for (const seq of [6, 2, 4, 2]) await outcomesOf(edit(seq, `edited ${systemIds.uuid()}`));
      });
      const changed = async (query: Partial<typeof allChanges>) =>
        (await stores.history.changes({ conversationId, ...allChanges, ...query })).map(({ seq }) => seq);

      test('are each message once, by its last revision, within all bounds', async () => {
        expect(await changed({})).toEqual([6, 4, 2]);
        expect(await changed({ after: 1 })).toEqual([4, 2]);
        expect(await changed({ after: 3 })).toEqual([2]);
        expect(await changed({ after: 4 })).toEqual([]);
        expect(await changed({ limit: 2 })).toEqual([6, 4]);
        expect(await changed({ fromSeq: 3 })).toEqual([6, 4]);
        expect(await changed({ textBytes: 1 })).toEqual([6]);
        const missing = { conversationId: systemIds.uuid(), ...allChanges };
        expect(await stores.history.changes(missing)).toEqual([]);
      });

      test('are counted up to a maximum', async () => {
        const counts = [
          stores.history.changedCount(conversationId, 0, 10),
          stores.history.changedCount(conversationId, 0, 2),
          stores.history.changedCount(conversationId, 3, 10),
          stores.history.changedCount(systemIds.uuid(), 0, 10),
        ];
        expect(await Promise.all(counts)).toEqual([3, 2, 1, 0]);
      });

      test('messages are found by number, in order, without notices and missing ones', async () => {
        const found = await stores.history.messages(conversationId, [5, 1, 99, 2, 5]);
        expect(found.map(({ seq }) => seq)).toEqual([2, 5]);
        expect(found[0]).toEqual(await messageAt(2));
        expect(await stores.history.messages(systemIds.uuid(), [2])).toEqual([]);
      });
    });

    describe('reactions', () => {
      test('are listed by user, in pages, and found for one user', async () => {
        const others = newIds(5);
        await conversations.add(conversationId, ana, others);
        const { seq } = await conversations.send(conversationId, ana, 'first');
        await outcomesOf(...others.map((userId) => react(seq, '👍', true, userId)), react(seq, '🎉', true, ben));
        const reaction = { conversationId, seq, emoji: '👍' };
        const first = await stores.history.reactedUsers(reaction, { after: null, limit: 3 });
        const rest = await stores.history.reactedUsers(reaction, { after: first.at(-1) ?? '', limit: 3 });
        expect([...first, ...rest]).toEqual(others.toSorted());
        expect(first).toHaveLength(3);
        const asked = [
          { conversationId, seq, emoji: '👍' },
          { conversationId, seq, emoji: '🎉' },
          { conversationId, seq: seq + 1, emoji: '🎉' },
          { conversationId: systemIds.uuid(), seq, emoji: '🎉' },
        ];
        expect(await stores.history.ownReactions(ben, asked)).toEqual([{ conversationId, seq, emoji: '🎉' }]);
        expect(await stores.history.ownReactions(ana, asked)).toEqual([]);
        expect(await stores.history.ownReactions(ana, [])).toEqual([]);
        await outcomesOf(remove(seq));
        expect(await stores.history.reactedUsers(reaction, { after: null, limit: 3 })).toEqual([]);
      });
    });
  });
}
