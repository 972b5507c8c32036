import { beforeEach, describe, expect, test } from 'bun:test';
import type { ConversationId } from '@parley/protocol';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import type { PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { moveShard } from '../../src/adapters/postgres/shard-move.ts';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import type { PostgresUserStore } from '../../src/adapters/postgres/user-store.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { shardOf } from '../../src/platform/shards.ts';
import { withPool } from '../support/cluster-services.ts';
import { laterColumns } from '../support/later-columns.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import { serversOfEachTest, shardsUnderTest } from './postgres-under-test.ts';
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

  test('moves all rows of the shard, while it is read and written, and leaves none behind', async () => {
    await initialise(servers, shardsUnderTest);
    const database = await shards.open();
    const stores = postgresStores(database);
    const conversations = new ConversationsUnderTest(stores);
    const users = postgresStores(database).users;
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

  test('moves the columns and tables of a later version, however their SQL is written', async () => {
    await initialise(servers, shardsUnderTest);
    const shard = 4;
    const statements = [
      laterColumns,
      'create table if not exists "later_things"(shard smallint, id text, note text NOT NULL, PRIMARY KEY(shard,id))',
      'CREATE TABLE on_one_line (shard smallint NOT NULL, id text NOT NULL, PRIMARY KEY (shard, id));',
    ];
    for (const server of servers) {
      await withPool(server, async (pool) => {
        for (const each of statements) await pool.run((sql) => sql.unsafe(each));
      });
    }
    const [one, two] = servers;
    const rows = (server: PostgresServer): Promise<object[]> =>
      withPool(server, (pool) =>
        pool.run(
          (sql) => sql<{ shard: number; id: string; note: string | null }[]>`
          SELECT shard, id, note FROM "later_things" UNION ALL SELECT shard, id, NULL FROM on_one_line ORDER BY 1, 2`,
        ),
      );
    await withPool(one, (pool) =>
      pool.run((sql) =>
        sql.unsafe(`
        INSERT INTO "later_things" VALUES (${shard}, 'a', 'of the shard'), (0, 'b', 'of another');
        INSERT INTO on_one_line VALUES (${shard}, 'c'), (2, 'd');`),
      ),
    );
    const conversations = new ConversationsUnderTest(postgresStores(await shards.open()));
    const conversationId = await conversationIn(shard, conversations, systemIds.uuid());
    await withPool(one, (pool) =>
      pool.run((sql) => sql`UPDATE conversations SET later_flag = true WHERE id = ${conversationId}`),
    );
    await move(shard);
    expect(await rows(one)).toEqual([
      { shard: 0, id: 'b', note: 'of another' },
      { shard: 2, id: 'd', note: null },
    ]);
    expect(await rows(two)).toEqual([
      { shard, id: 'a', note: 'of the shard' },
      { shard, id: 'c', note: null },
    ]);
    const [head] = await withPool(two, (pool) =>
      pool.run((sql) => sql`SELECT later_flag, later_sum FROM conversations WHERE id = ${conversationId}`),
    );
    expect(head).toEqual({ later_flag: true, later_sum: 1 });
    expect(await rowsOf(one, shard)).toBe(0);
  });

  test('that was interrupted also moves a table that was created in between', async () => {
    await initialise(servers, shardsUnderTest);
    const shard = 4;
    const [one, two] = servers;
    await withPool(one, (source) =>
      withPool(two, async (target) => {
        const moveUntil = (tell: (step: string) => void) =>
          moveShard({ shard, source, target, sourceUrl: one.url, tell });
        const copied = moveUntil((step) => {
          if (step.startsWith('holding back')) throw new Error('interrupted');
        });
        await expect(copied).rejects.toThrow('interrupted');
        const made = 'CREATE TABLE notes (shard smallint, id text, PRIMARY KEY (shard, id))';
        for (const pool of [target, source]) await pool.run((sql) => sql.unsafe(made));
        await source.run((sql) => sql`INSERT INTO notes VALUES (${shard}, 'kept')`);
        await moveUntil(() => undefined);
        expect(await target.run((sql) => sql`SELECT id FROM notes`)).toMatchObject([{ id: 'kept' }]);
      }),
    );
    expect(await rowsOf(one, shard)).toBe(0);
  });

  test('refuses, before it changes anything, when a table with a shard has no key that begins with it', async () => {
    await initialise(servers, shardsUnderTest);
    const [one] = servers;
    await withPool(one, (pool) => pool.run((sql) => sql.unsafe('CREATE TABLE notes (shard smallint, id text)')));
    await expect(move(4)).rejects.toThrow('table notes of PostgreSQL server one has no primary key that begins with');
    expect(await withPool(one, (pool) => pool.run((sql) => sql`SELECT state FROM shards WHERE shard = 4`))).toEqual([
      { state: 'serving' },
    ] as never);
  });

  test('waits for the last write, however late it arrives', async () => {
    await initialise(servers, shardsUnderTest);
    const stores = postgresStores(await shards.open());
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
        await until('the move has written its marker', async () => (await mark()).length > 0, { pauseMs: 10 });
        await arriving('ENABLE');
        await moving;
        const log = await stores.history.range({ ...wholeLog, conversationId });
        expect(log.at(-1)).toEqual(last);
      }),
    );
  });

  test('that was interrupted at any step continues from there', async () => {
    await initialise(servers, shardsUnderTest);
    const database = await shards.open();
    const conversations = new ConversationsUnderTest(postgresStores(database));
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

/** A new conversation in this shard. */
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

/** For every table with a shard in the server's catalog. */
async function rowsOf(server: PostgresServer, shard: number): Promise<number> {
  return withPool(server, async (pool) => {
    const tables = await pool.run(
      (sql) => sql<{ name: string }[]>`
        SELECT table_name AS name FROM information_schema.columns
        WHERE table_schema = ${server.schema} AND column_name = 'shard' AND table_name <> 'served_shards'`,
    );
    const counts = await Promise.all(
      tables.map(async ({ name }) => {
        const [row] = await pool.run(
          (sql) => sql<{ rows: number }[]>`SELECT count(*) AS rows FROM ${sql(name)} WHERE shard = ${shard}`,
        );
        return row?.rows ?? 0;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  });
}
