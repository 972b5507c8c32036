import { beforeEach, describe, expect, spyOn, test } from 'bun:test';
import type { ConversationId, Homepage, UserId } from '@parley/protocol';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import { ConversationReads } from '../../src/operations/conversation-reads.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import { serversOfEachTest, shardsUnderTest } from './postgres-under-test.ts';

const limit = 3;

const withoutPostgres = withoutService('postgres');
describe.skipIf(withoutPostgres !== null)(titleWith('a homepage page in PostgreSQL', withoutPostgres), () => {
  const shards = serversOfEachTest();
  let conversations: ConversationsUnderTest;
  let reads: ConversationReads;
  let ben: UserId;
  /** Ben's conversations, newest first. */
  let ids: ConversationId[];

  beforeEach(async () => {
    await initialise(shards.servers, shardsUnderTest);
    const stores = postgresStores(await shards.open());
    conversations = new ConversationsUnderTest(stores);
    reads = new ConversationReads(stores.conversations, { byIds: async () => [] }, { online: async () => new Set() });
    ben = systemIds.uuid();
    ids = [];
    for (let each = 0; each < limit * 2; each++) {
      conversations.nowMs++;
      ids.unshift(await conversations.create(systemIds.uuid(), { userIds: [ben] }));
    }
  });

  /** Runs `change` after the next page was ordered and before its rows are read. */
  function changeWithinNextPage(change: () => Promise<unknown>): void {
    const spied = spyOn(ShardedDatabase.prototype, 'atIds');
    spied.mockImplementation(async function <Row>(
      this: ShardedDatabase,
      ...query: Parameters<typeof ShardedDatabase.prototype.atIds<Row>>
    ): Promise<Row[]> {
      spied.mockRestore();
      const lines = await this.atIds(...query);
      await change();
      return lines;
    });
  }

  const idsOf = (homepage: Homepage) => homepage.conversations.map(({ id }) => id);

  const firstPages: [string, () => Promise<Homepage>][] = [
    ['read alone', () => reads.homepage(ben, { limit })],
    ['that a connection starts from', async () => (await reads.snapshot(ben, { limit })).homepage],
  ];
  for (const [name, firstPage] of firstPages) {
    for (const [position, index] of [
      ['the first', 0],
      ['the last', limit - 1],
    ] as const) {
      test(`${name} has a next page when the user leaves ${position} of its conversations meanwhile`, async () => {
        const leaving = ids[index] ?? '';
        changeWithinNextPage(() => conversations.leave(leaving, ben));
        const first = await firstPage();
        expect(idsOf(first)).toEqual(ids.slice(0, limit).filter((id) => id !== leaving));
        if (first.nextCursor === null) throw new Error('the first page has no next page');
        const second = await reads.homepage(ben, { cursor: first.nextCursor, limit });
        expect(idsOf(second)).toEqual(ids.slice(limit));
      });
    }
  }
});
