import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Entry, UserId } from '@parley/protocol';
import fc from 'fast-check';
import { serverCommandId } from '../../src/conversations/command-fields.ts';
import { type Facts, type FactsNeeded, participantKey, repeatKey } from '../../src/history/history-port.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest, fields, newIds } from './conversations-under-test.ts';
import { describeUniqueness } from './history-uniqueness-contract.ts';
import type { Stores } from './sqlite-stores.ts';

const nothing = { entries: [], heads: [], participants: [], reaches: [] };
const wholeLog = { fromSeq: 1, toSeq: 1_000_000, order: 'oldest_first', limit: 1_000_000, textBytes: 1e9 } as const;

export function describeHistoryContract(name: string, open: () => Promise<Stores>): void {
  describe(`history on ${name}`, () => {
    let stores: Stores;
    let conversations: ConversationsUnderTest;
    const ana = systemIds.uuid();
    const ben = systemIds.uuid();

    beforeEach(async () => {
      stores = await open();
      conversations = new ConversationsUnderTest(stores);
    });
    afterEach(() => stores.close());

    describeUniqueness(() => stores);

    describe('apply', () => {
      const factsOf = (needed: Partial<FactsNeeded>): Promise<Facts> =>
        stores.history.apply(
          { conversationIds: [], participants: [], repeats: [], reaches: [], ...needed },
          (facts) => ({
            changes: nothing,
            result: facts,
          }),
        );

      test('loads the needed rows, also former participants, and nothing for missing rows', async () => {
        const conversationId = await conversations.create(ana, { userIds: [ben] });
        const message = await conversations.send(conversationId, ana, 'hello', 'm1');
        const left = await conversations.leave(conversationId, ben);
        const stranger = systemIds.uuid();
        const facts = await factsOf({
          conversationIds: [conversationId, stranger],
          participants: [ana, ben, stranger].map((userId) => ({ conversationId, userId })),
          repeats: [
            { conversationId, actorId: ana, commandId: 'm1' },
            { conversationId, actorId: ben, commandId: 'm1' },
            { conversationId, actorId: ana, commandId: 'm2' },
          ],
        });
        expect([...facts.heads.keys()]).toEqual([conversationId]);
        expect(facts.heads.get(conversationId)).toMatchObject({ headSeq: left.seq, memberCount: 1, ownerCount: 1 });
        expect([...facts.participants.keys()].sort()).toEqual(
          [ana, ben].map((userId) => participantKey(conversationId, userId)).sort(),
        );
        expect(facts.participants.get(participantKey(conversationId, ben))).toMatchObject({ leftSeq: left.seq });
        expect([...facts.repeats]).toEqual([[repeatKey(conversationId, ana, 'm1'), message]]);
      });

      test('resolves with the result of the decision, and writes nothing without changes', async () => {
        const conversationId = await conversations.create(ana);
        const before = await stores.conversations.head(conversationId);
        const { heads } = await factsOf({ conversationIds: [conversationId] });
        expect(heads.get(conversationId)).toEqual(before);
        expect(await stores.conversations.head(conversationId)).toEqual(before);
      });

      test('writes heads, participants and entries of every kind as decided', async () => {
        const conversationId = await conversations.create(ana, { userIds: [ben], name: 'Name', history: 'all' });
        const command = () => fields(conversationId, ana);
        const cleo = systemIds.uuid();
        const { entries, heads, participants } = await conversations.carryOut(
          { ...command(), kind: 'send', text: 'hello' },
          { ...command(), kind: 'add', userIds: [cleo] },
          { ...command(), kind: 'set_role', userId: cleo, role: 'owner' },
          { ...command(), kind: 'update', name: 'Other', description: 'about', announceOnly: true },
          { ...command(), kind: 'remove', userId: ben },
          { ...command(), kind: 'leave' },
        );
        const channelId = await conversations.createChannel(ana, 'Channel');
        await conversations.join(channelId, ben);
        const log = await stores.history.range({ ...wholeLog, conversationId });
        expect(log.slice(1)).toEqual(entries);
        const all = [...log, ...(await stores.history.range({ ...wholeLog, conversationId: channelId }))];
        const kinds = ['added', 'created', 'joined', 'left', 'message', 'removed', 'role', 'updated'];
        expect([...new Set(all.map((entry) => entry.kind))].sort() as string[]).toEqual(kinds);
        expect(await stores.conversations.head(conversationId)).toEqual(heads.get(conversationId));
        for (const participant of participants.values()) {
          expect(await stores.conversations.participant(conversationId, participant.userId)).toEqual(participant);
        }
      });

      test('stores text unchanged', async () => {
        const conversationId = await conversations.create(ana);
        const anyText = fc
          .string({ unit: 'binary', minLength: 1, maxLength: 200 })
          .filter((text) => !text.includes('\0'));
        await fc.assert(
          fc.asyncProperty(anyText, async (text) => {
            const { seq } = await conversations.send(conversationId, ana, text);
            const [stored] = await stores.history.range({ ...wholeLog, conversationId, fromSeq: seq });
            expect(stored).toMatchObject({ kind: 'message', text });
          }),
        );
      });

      test('rejects with the error of a decision that throws, writes nothing, and does not affect concurrent batches', async () => {
        const [good, alsoGood] = await Promise.all([conversations.create(ana), conversations.create(ana)]);
        const fault = new Error('the rule has a fault');
        const outcomes = await Promise.allSettled([
          conversations.send(good, ana, 'before'),
          stores.history.apply({ conversationIds: [], participants: [], repeats: [], reaches: [] }, () => {
            throw fault;
          }),
          conversations.send(alsoGood, ana, 'after'),
        ]);
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(outcomes[1]).toMatchObject({ reason: fault });
        for (const conversationId of [good, alsoGood]) {
          expect(await stores.history.range({ ...wholeLog, conversationId })).toHaveLength(2);
        }
      });

      test('is serialized for a common conversation (contract 3)', async () => {
        const conversationId = await conversations.create(ana, { userIds: [ben] });
        const sendAll = (sender: UserId) =>
          Array.from({ length: 50 }, (_, index) => conversations.send(conversationId, sender, `${index}`));
        const sent = await Promise.all([...sendAll(ana), ...sendAll(ben)]);
        expect(sent.map((entry) => entry.seq).sort((a, b) => a - b)).toEqual(sequence(2, 101));
        const log = await stores.history.range({ ...wholeLog, conversationId });
        expect(log.map((entry) => entry.seq)).toEqual(sequence(1, 101));
      });
    });

    describe('range', () => {
      test('returns entries by its bounds, order and limits', async () => {
        const conversationId = await conversations.create(ana);
        const other = await conversations.create(ana);
        const texts = ['a', 'ä', '漢字', '🙂', 'x'.repeat(50), 'y'.repeat(5), 'z'];
        const log: Entry[] = await stores.history.range({ ...wholeLog, conversationId });
        for (const text of texts) {
          log.push(await conversations.send(conversationId, ana, text));
          await conversations.send(other, ana, text);
        }
        const position = fc.integer({ min: 1, max: log.length + 2 });
        const query = fc.record({
          fromSeq: position,
          toSeq: position,
          order: fc.constantFrom('oldest_first' as const, 'newest_first' as const),
          limit: fc.integer({ min: 1, max: log.length + 2 }),
          textBytes: fc.integer({ min: 1, max: 80 }),
        });
        await fc.assert(
          fc.asyncProperty(query, async (range) => {
            expect(await stores.history.range({ conversationId, ...range })).toEqual(expectedRange(log, range));
          }),
        );
      });

      test('is empty for a missing conversation', async () => {
        expect(await stores.history.range({ ...wholeLog, conversationId: systemIds.uuid() })).toEqual([]);
      });
    });

    test('counts messages up to each number, and none up to 0', async () => {
      const conversationId = await conversations.create(ana);
      await conversations.send(conversationId, ana, 'one');
      await conversations.add(conversationId, ana, newIds(2));
      await conversations.send(conversationId, ana, 'two');
      const counts = await Promise.all(
        [0, 1, 2, 3, 4].map((seq) => stores.history.messageCountAt(conversationId, seq)),
      );
      expect(counts).toEqual([0, 0, 1, 1, 2]);
    });

    test('a repeated command always finds its first entry (contract 2)', async () => {
      const conversationId = await conversations.create(ana);
      const first = await conversations.send(conversationId, ana, 'hello', 'm1');
      for (let index = 0; index < 20; index++) await conversations.send(conversationId, ana, `${index}`);
      expect(await conversations.send(conversationId, ana, 'hello', 'm1')).toEqual(first);
      const notice = serverCommandId('m1');
      expect((await conversations.send(conversationId, ana, 'other', notice)).seq).toBe(23);
    });
  });
}

function sequence(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function expectedRange(
  log: readonly Entry[],
  range: { fromSeq: number; toSeq: number; order: string; limit: number; textBytes: number },
): Entry[] {
  const within = log.filter((entry) => entry.seq >= range.fromSeq && entry.seq <= range.toSeq);
  const ordered = range.order === 'oldest_first' ? within : within.reverse();
  let bytes = 0;
  const fitting = ordered.findIndex((entry, index) => {
    bytes += entry.kind === 'message' ? Buffer.byteLength(entry.text) : 0;
    return bytes > range.textBytes && index > 0;
  });
  return ordered.slice(0, Math.min(range.limit, fitting < 0 ? ordered.length : fitting));
}
