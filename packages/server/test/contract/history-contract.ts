import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Entry, UserId } from '@parley/protocol';
import fc from 'fast-check';
import { serverCommandId } from '../../src/conversations/command-fields.ts';
import { type Facts, type FactsNeeded, participantKey, repeatKey } from '../../src/history/history-port.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { ConversationsUnderTest, fields, newIds } from './conversations-under-test.ts';
import { describeUniqueness } from './history-uniqueness-contract.ts';
import type { Stores } from './sqlite-stores.ts';

const nothing = { entries: [], heads: [], participants: [], banChanges: [], reaches: [] };
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
          { conversationIds: [], participants: [], banned: [], repeats: [], reaches: [], ...needed },
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
        expect([...facts.repeats]).toEqual([
          [repeatKey(conversationId, ana, 'm1'), { entry: message, firstTextHash: null }],
        ]);
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
          { ...command(), kind: 'ban', userId: cleo },
          { ...command(), kind: 'unban', userId: cleo },
          { ...command(), kind: 'leave' },
        );
        const channelId = await conversations.createChannel(ana, 'Channel');
        await conversations.join(channelId, ben);
        const log = await stores.history.range({ ...wholeLog, conversationId });
        expect(log.slice(1)).toEqual(entries);
        const all = [...log, ...(await stores.history.range({ ...wholeLog, conversationId: channelId }))];
        const kinds = [
          ...['added', 'banned', 'created', 'joined', 'left', 'message', 'removed', 'role', 'unbanned', 'updated'],
        ];
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
          stores.history.apply({ conversationIds: [], participants: [], banned: [], repeats: [], reaches: [] }, () => {
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

    describe('ranges', () => {
      test('are read in the requested order, each ascending, up to the size that one response may have', async () => {
        const texts = ['a', '漢字', '🙂', '"quoted"', '\u0001'.repeat(300), 'x'.repeat(900)];
        const ids = [await conversations.create(ana), await conversations.create(ana), await conversations.create(ana)];
        const logs = new Map<string, Entry[]>();
        for (const conversationId of ids) {
          for (const text of texts) await conversations.send(conversationId, ana, text);
          await conversations.add(conversationId, ana, newIds(20));
          logs.set(conversationId, await stores.history.range({ ...wholeLog, conversationId }));
        }
        const range = fc
          .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 9 }))
          .map((bounds) => bounds.toSorted((a, b) => a - b));
        const query = fc.record({
          order: fc.shuffledSubarray(ids),
          bounds: fc.array(range, { minLength: 3, maxLength: 3 }),
          bytes: fc.integer({ min: 1, max: 15_000 }),
        });
        await fc.assert(
          fc.asyncProperty(query, async ({ order, bounds, bytes }) => {
            const ranges = order.map((conversationId, index) => {
              const [fromSeq = 1, toSeq = 1] = bounds[index] ?? [];
              return { conversationId, fromSeq, toSeq };
            });
            const all = ranges.flatMap(({ conversationId, fromSeq, toSeq }) =>
              (logs.get(conversationId) ?? []).filter(({ seq }) => seq >= fromSeq && seq <= toSeq),
            );
            const found = await stores.history.ranges(ranges, bytes);
            expect(found).toEqual(all.slice(0, found.length));
            const encoded = (entries: readonly Entry[]) => Buffer.byteLength(JSON.stringify(entries));
            if (all.length > 0) expect(found.length).toBeGreaterThan(0);
            if (found.length > 1) expect(encoded(found)).toBeLessThanOrEqual(bytes + 2);
            // Of plain messages, up to 320 bytes besides the text are counted.
            if (found.length < all.length) {
              expect(encoded(all.slice(0, found.length + 1)) + 320 * (found.length + 1)).toBeGreaterThan(bytes);
            }
          }),
        );
      });

      test('end at the first entry that does not fit, whichever server has the next conversation', async () => {
        const first = await conversations.create(ana);
        for (const length of [900, 900]) await conversations.send(first, ana, 'x'.repeat(length));
        // Shards are spread over the servers: one of these is not on the server of the first.
        for (let each = 0; each < 8; each++) {
          const next = await conversations.create(ana);
          const ranges = [
            { conversationId: first, fromSeq: 2, toSeq: 3 },
            { conversationId: next, fromSeq: 1, toSeq: 1 },
          ];
          const found = await stores.history.ranges(ranges, 1_700);
          expect(found.map((entry) => [entry.conversationId, entry.seq])).toEqual([[first, 2]]);
        }
      });

      test('of missing conversations are empty', async () => {
        const conversationId = await conversations.create(ana);
        const whole = { fromSeq: 1, toSeq: 10 };
        const ranges = [systemIds.uuid(), conversationId].map((id) => ({ conversationId: id, ...whole }));
        const found = await stores.history.ranges(ranges, 1_000);
        expect(found.map((entry) => [entry.conversationId, entry.seq])).toEqual([[conversationId, 1]]);
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
