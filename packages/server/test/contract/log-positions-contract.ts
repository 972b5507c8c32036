import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Changes, Decided, Decision, Facts, LogReach } from '../../src/history/history-port.ts';
import { shardOf } from '../../src/platform/shards.ts';
import { ConversationsUnderTest, newIds } from './conversations-under-test.ts';
import { shardsUnderTest } from './postgres-under-test.ts';
import type { Stores } from './sqlite-stores.ts';

const [creatorId = ''] = newIds(1);
const reach = (partition: number, from: number, to: number, logId = 'log'): LogReach => {
  return { partition, logId, from, to };
};

/** For stores whose log outlives its processes. */
export function describeLogPositions(name: string, open: () => Promise<Stores>): void {
  describe(`positions of the log on ${name}`, () => {
    let stores: Stores;

    beforeEach(async () => {
      stores = await open();
    });
    afterEach(() => stores.close());

    const apply = (reaches: LogReach[], decide: (facts: Facts) => Partial<Changes> = () => ({ reaches })) =>
      stores.history.apply(
        { conversationIds: [], participants: [], banned: [], repeats: [], reaches },
        (facts): Decision<Facts> => {
          return {
            changes: { entries: [], heads: [], participants: [], banChanges: [], reaches: [], ...decide(facts) },
            result: facts,
          };
        },
      );
    const known = async (...partitions: number[]): Promise<[number, Decided][]> => {
      const { decided } = await apply(
        partitions.map((partition) => reach(partition, 0, 0)),
        () => ({}),
      );
      return [...decided].sort(([a], [b]) => a - b);
    };

    test('are returned for the requested partitions, and advance with the decisions of each', async () => {
      expect(await known(0, 1)).toEqual([]);
      await apply([reach(0, 5, 9), reach(1, 0, 2)]);
      await apply([reach(1, 2, 4)]);
      expect(await known(0, 1, 2)).toEqual([
        [0, { logId: 'log', to: 9 }],
        [1, { logId: 'log', to: 4 }],
      ]);
      await apply([reach(0, 0, 1, 'another log')]);
      expect(await known(0)).toEqual([[0, { logId: 'another log', to: 1 }]]);
    });

    test('are checked by decisions: the second of two concurrent ones sees the result of the first', async () => {
      const seen: (number | undefined)[] = [];
      const advance = () =>
        apply([reach(0, 0, 1)], ({ decided }) => {
          const at = decided.get(0)?.to;
          seen.push(at);
          return { reaches: [reach(0, at ?? 0, (at ?? 0) + 1)] };
        });
      await Promise.all(Array.from({ length: 10 }, advance));
      expect(await known(0)).toEqual([[0, { logId: 'log', to: 10 }]]);
      expect(seen).toContain(9);
    });

    test('are written together with the decisions, or neither is', async () => {
      const conversations = new ConversationsUnderTest(stores);
      const conversationId = await conversations.create(creatorId);
      const entry = await conversations.send(conversationId, creatorId, 'text', 'm1');
      const own = reach(shardOf(conversationId, shardsUnderTest), 0, 1);
      const twice = apply([own], () => ({
        entries: [{ entry: { ...entry, seq: 3 }, firstTextHash: null, commandId: 'm1' }],
        reaches: [own],
      }));
      await expect(twice).rejects.toThrow();
      expect(await known(own.partition)).toEqual([]);
    });
  });
}
