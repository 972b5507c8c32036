import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { ConversationId } from '@parley/protocol';
import { Claims } from '../../src/adapters/postgres/claims.ts';
import { PostgresConversationStore } from '../../src/adapters/postgres/conversation-store.ts';
import { PostgresHistoryStore } from '../../src/adapters/postgres/history-store.ts';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import type { PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { shardTables } from '../../src/adapters/postgres/schema-steps.ts';
import { moveShard } from '../../src/adapters/postgres/shard-move.ts';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { PostgresUserStore } from '../../src/adapters/postgres/user-store.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { shardOf } from '../../src/platform/shards.ts';
import { dropDatabases, withPool } from '../support/cluster-services.ts';
import { withoutService } from '../support/services.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import { shardsUnderTest, twoServers } from './postgres-under-test.ts';
import { createUser, newUser } from './users-under-test.ts';

const withoutPostgres = withoutService('postgres');
if (withoutPostgres !== null) test.skip(`PostgreSQL's shards: ${withoutPostgres}`, () => undefined);

describe.skipIf(withoutPostgres !== null)('shards on PostgreSQL', () => {
  let servers: [PostgresServer, PostgresServer];
  const opened: ShardedDatabase[] = [];

  beforeEach(async () => {
    servers = await twoServers();
  });
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
    await dropDatabases(servers);
  });

  async function open(): Promise<ShardedDatabase> {
    const database = await ShardedDatabase.open(servers);
    opened.push(database);
    return database;
  }

  const storesOf = (database: ShardedDatabase) => ({
    history: new PostgresHistoryStore(database),
    conversations: new PostgresConversationStore(database),
  });
  const wholeLog = { fromSeq: 1, toSeq: 100_000, order: 'oldest_first', limit: 100_000, textBytes: 1e9 } as const;

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

  describe('is refused at the start', () => {
    const refused = async (message: RegExp) => expect(open()).rejects.toThrow(message);

    test('when the schema was never made', () => refused(/has no schema parley: make it with "parley cluster init"/));

    test('when a server belongs to another cluster', async () => {
      await initialise([servers[0]], 8);
      await initialise([servers[1]], 4);
      await refused(/cluster of 8 shards.*two to one of 4/);
    });

    test('when a server is left out that has shards', async () => {
      await initialise(servers, 8);
      await expect(ShardedDatabase.open([servers[0]])).rejects.toThrow(
        /shard 1 is on none of the PostgreSQL servers one/,
      );
    });

    test('when a shard is on two servers', async () => {
      await initialise([servers[0]], 8);
      await initialise([servers[1]], 8);
      await refused(/shard 0 is on two PostgreSQL servers, one and two/);
    });

    test('when the number of shards is another than at the making', async () => {
      await initialise(servers, 8);
      await expect(initialise(servers, 16)).rejects.toThrow(/belongs to a cluster of 8 shards, not 16/);
    });

    test('when a newer version has taken away what this one needs, but not when it only added', async () => {
      await initialise(servers, 8);
      const step = (version: number, worksFrom: number) =>
        withPool(servers[0], (pool) =>
          pool.run((sql) => sql`INSERT INTO migrations VALUES (${version}, ${worksFrom})`),
        );
      await step(1_000, 1);
      await open();
      await step(1_001, 1_001);
      await refused(/has form 1001, which needs a Parley that knows form 1001/);
    });
  });

  test('are made once, by however many at once, and given out in equal parts', async () => {
    await Promise.all([initialise(servers, 8), initialise(servers, 8), initialise(servers, 8)]);
    const database = await open();
    const places = Array.from({ length: 8 }, (_, shard) => database.serverOf(shard));
    expect(places).toEqual(['one', 'two', 'one', 'two', 'one', 'two', 'one', 'two']);
  });

  test('of two distributors on one conversation, each finds what the other wrote (race 3)', async () => {
    await initialise(servers, shardsUnderTest);
    const [first, second] = [await open(), await open()].map(
      (database) => new ConversationsUnderTest(storesOf(database)),
    );
    if (!first || !second) throw new Error('there are two');
    const [ana, ben] = [systemIds.uuid(), systemIds.uuid()];
    const conversationId = await first.create(ana, { userIds: [ben] });
    const rounds = Array.from({ length: 25 }, (_, round) => round);
    const sent = await Promise.all([
      ...rounds.map((round) => first.send(conversationId, ana, `${round}`, `m${round}`)),
      ...rounds.map((round) => second.send(conversationId, ana, `${round}`, `m${round}`)),
    ]);
    expect(new Set(sent.map((entry) => entry.seq))).toEqual(new Set(rounds.map((round) => round + 2)));
    for (const round of rounds) expect(sent[round]?.seq).toBe(sent[round + rounds.length]?.seq ?? -1);
  });

  test('of two distributors on one partition, each finds how far the other decided', async () => {
    await initialise(servers, shardsUnderTest);
    const advance = ({ history }: ReturnType<typeof storesOf>) => {
      const reach = { partition: 0, logId: 'log', from: 0, to: 1 };
      const needed = { conversationIds: [], participants: [], repeats: [], reaches: [reach] };
      return history.apply(needed, ({ decided }) => {
        const next = { ...reach, to: (decided.get(0)?.to ?? 0) + 1 };
        return { changes: { entries: [], heads: [], participants: [], reaches: [next] }, result: next.to };
      });
    };
    const stores = [storesOf(await open()), storesOf(await open())];
    const positions = await Promise.all(stores.flatMap((each) => Array.from({ length: 8 }, () => advance(each))));
    expect(positions.sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  });

  describe('a name (race 9)', () => {
    test('that a crash left pending falls free after a minute, and log-in treats it as absent', async () => {
      await initialise(servers, shardsUnderTest);
      const database = await open();
      const users = new PostgresUserStore(database);
      const claims = new Claims(database, async () => false);
      expect(await claims.take('username ana', systemIds.uuid())).toBe(true);
      expect(await users.byUsername('ana')).toBeUndefined();
      expect(await users.create(newUser('ana'))).toBe('username_taken');
      await database.everywhere((sql) => sql`UPDATE claims SET claimed_at = now() - interval '61 seconds'`);
      expect(await users.create(newUser('ana'))).toMatchObject({ username: 'ana' });
    });

    test('whose account was written before the crash stays that account’s', async () => {
      await initialise(servers, shardsUnderTest);
      const database = await open();
      const users = new PostgresUserStore(database);
      const ana = await createUser(users, 'ana');
      await database.everywhere(
        (sql) => sql`UPDATE claims SET confirmed = false, claimed_at = now() - interval '61 seconds'`,
      );
      expect(await users.create(newUser('ana'))).toBe('username_taken');
      expect(await users.byUsername('ana')).toEqual(ana);
    });
  });

  describe('a move', () => {
    test('takes everything of the shard along, while it is written and read, and leaves nothing behind', async () => {
      await initialise(servers, shardsUnderTest);
      const database = await open();
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
      expect(database.serverOf(shard)).toBe('two');
      expect((await open()).serverOf(shard)).toBe('two');
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
      const stores = storesOf(await open());
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
      const database = await open();
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
    found: await users.search({ prefix: 'user', after: null, limit: 100 }),
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
