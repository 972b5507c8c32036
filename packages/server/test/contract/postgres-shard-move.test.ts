import { beforeEach, describe, expect, test } from 'bun:test';
import type { ConversationId } from '@parley/protocol';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import type { PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { shardTables } from '../../src/adapters/postgres/schema-steps.ts';
import { moveShard } from '../../src/adapters/postgres/shard-move.ts';
import { PostgresUserStore } from '../../src/adapters/postgres/user-store.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { shardOf } from '../../src/platform/shards.ts';
import { withPool } from '../support/cluster-services.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import { serversOfEachTest, shardsUnderTest, storesOf } from './postgres-under-test.ts';
import { createUser } from './users-under-test.ts';

const wholeLog = { fromSeq: 1, toSeq: 100_000, order: 'oldest_first', limit: 100_000, textBytes: 1e9 } as const;
const withoutPostgres = withoutService('postgres');
describe.skipIf(withoutPostgres !== null)(titleWith('the move of a shard on PostgreSQL', withoutPostgres), () => {
  const shards = serversOfEachTest();
  let servers: [PostgresServer, PostgresServer];
  beforeEach(() => {
    ({ servers } = shards);
  });

  async function move(shard: number): Promise<string[]> {
    const steps: string[] = [];
    const [one, two] = servers;
    await withPool(one, (source) =>
      withPool(two, (target) =>
        moveShard({ shard, source, target, sourceUrl: one.url, tell: (step) => steps.push(step) }),
      ),
    );
    return steps;
  }

  test('takes everything of the shard along, while it is written and read, and leaves nothing behind', async () => {
    await initialise(servers, shardsUnderTest);
    const database = await shards.open();
    const stores = storesOf(database);
    const conversations = new ConversationsUnderTest(stores);
    const users = new PostgresUserStore(database);
    const shard = 4;
    const ana = await createUser(users, 'ana');
    const moved = await conversationIn(shard, conversations, ana.id);
    const people = await Promise.all(Array.from({ length: 20 }, (_, index) => createUser(users, `user${index}`)));
    const before = await snapshot(
      users,
      people.map(({ id }) => id),
    );

    const epoch = await stores.conversations.epochOf(moved);
    let writing = true;
    let sends = 0;
    const write = async () => {
      while (writing) {
        const entry = await conversations.send(moved, ana.id, `text ${sends}`, `m${sends}`);
        expect(entry.seq).toBe(sends + 2);
        sends++;
        const [last] = await stores.history.range({
          ...wholeLog,
          ...{ conversationId: moved, fromSeq: entry.seq, toSeq: entry.seq },
        });
        expect(last).toEqual(entry);
      }
    };
    const written = write();
    const steps = await move(shard);
    writing = false;
    await written;

    expect(steps.length).toBeGreaterThan(3);
    expect(epoch).toBeString();
    expect(await stores.conversations.epochOf(moved)).toBe(epoch);
    expect(database.serverOf(shard)).toBe('two');
    expect((await shards.open()).serverOf(shard)).toBe('two');
    const log = await stores.history.range({ ...wholeLog, conversationId: moved });
    expect(log.map((entry) => entry.seq)).toEqual(Array.from({ length: sends + 1 }, (_, index) => index + 1));
    expect(
      await snapshot(
        users,
        people.map(({ id }) => id),
      ),
    ).toEqual(before);
    expect(await rowsOf(servers[0], shard)).toBe(0);
    await withPool(servers[0], async (pool) => {
      expect(await pool.run((sql) => sql`SELECT 1 FROM pg_publication`)).toHaveLength(0);
      const slots = await pool.run(
        (sql) => sql`SELECT 1 FROM pg_replication_slots WHERE database = current_database()`,
      );
      expect(slots).toHaveLength(0);
    });
  });

  test('waits for the last write, however late it arrives', async () => {
    await initialise(servers, shardsUnderTest);
    const stores = storesOf(await shards.open());
    const conversations = new ConversationsUnderTest(stores);
    const shard = 4;
    const ana = systemIds.uuid();
    const conversationId = await conversationIn(shard, conversations, ana);
    const [one, two] = servers;
    await withPool(one, (source) =>
      withPool(two, async (target) => {
        const moveUntil = (tell: (step: string) => void) =>
          moveShard({ shard, source, target, sourceUrl: one.url, tell });
        const copied = moveUntil((step) => {
          if (step.startsWith('holding back')) throw new Error('interrupted');
        });
        await expect(copied).rejects.toThrow('interrupted');
        const subscription = `${one.schema}_shard_${shard}`;
        const arriving = (state: 'ENABLE' | 'DISABLE') =>
          target.run((sql) => sql.unsafe(`ALTER SUBSCRIPTION ${subscription} ${state}`));
        await arriving('DISABLE');
        const last = await conversations.send(conversationId, ana, 'the last');
        const moving = moveUntil(() => undefined);
        const mark = () =>
          source.run((sql) => sql`SELECT 1 FROM claims WHERE shard = ${shard} AND name LIKE 'moved %'`);
        while ((await mark()).length === 0) await Bun.sleep(10);
        await arriving('ENABLE');
        await moving;
        const log = await stores.history.range({ ...wholeLog, conversationId });
        expect(log.at(-1)).toEqual(last);
      }),
    );
  });

  test('that was interrupted at any step goes on from there', async () => {
    await initialise(servers, shardsUnderTest);
    const database = await shards.open();
    const conversations = new ConversationsUnderTest(storesOf(database));
    const ana = systemIds.uuid();
    for (const [index, shard] of [0, 2, 4, 6].entries()) {
      const conversationId = await conversationIn(shard, conversations, ana);
      const [one, two] = servers;
      const interrupted = withPool(one, (source) =>
        withPool(two, (target) => {
          let steps = 0;
          const tell = () => {
            if (steps++ === index) throw new Error('interrupted');
          };
          return moveShard({ shard, source, target, sourceUrl: one.url, tell });
        }),
      );
      await expect(interrupted).rejects.toThrow('interrupted');
      await move(shard);
      expect((await conversations.send(conversationId, ana, 'after')).seq).toBe(2);
      expect(await rowsOf(one, shard)).toBe(0);
      await move(shard);
    }
  });
});

/** A new conversation that is in this shard. */
async function conversationIn(shard: number, conversations: ConversationsUnderTest, creatorId: string) {
  let conversationId: ConversationId;
  do conversationId = await conversations.create(creatorId);
  while (shardOf(conversationId, shardsUnderTest) !== shard);
  return conversationId;
}

async function snapshot(users: PostgresUserStore, userIds: string[]) {
  return {
    byId: await users.byIds(userIds),
    byName: await Promise.all(userIds.map((_, index) => users.byUsername(`user${index}`))),
    found: await users.search({ prefixes: ['user'], after: null, limit: 100 }),
  };
}

async function rowsOf(server: PostgresServer, shard: number): Promise<number> {
  return withPool(server, async (pool) => {
    const counts = await Promise.all(
      shardTables.map(async (table) => {
        const [row] = await pool.run(
          (sql) => sql<{ rows: number }[]>`SELECT count(*) AS rows FROM ${sql(table)} WHERE shard = ${shard}`,
        );
        return row?.rows ?? 0;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  });
}
