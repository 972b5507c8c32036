import { beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { Claims } from '../../src/adapters/postgres/claims.ts';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import { Pool, type PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { schemaSteps } from '../../src/adapters/postgres/schema-steps.ts';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import { formFaults } from '../../src/adapters/postgres/verify-rows.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { withPool } from '../support/cluster-services.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import { serversOfEachTest, shardsUnderTest } from './postgres-under-test.ts';
import { createUser, newUser } from './users-under-test.ts';

const withoutPostgres = withoutService('postgres');
describe.skipIf(withoutPostgres !== null)(titleWith('shards on PostgreSQL', withoutPostgres), () => {
  const shards = serversOfEachTest();
  let servers: [PostgresServer, PostgresServer];
  beforeEach(() => {
    ({ servers } = shards);
  });

  describe('is refused at the start', () => {
    const refused = async (message: RegExp) => expect(shards.open()).rejects.toThrow(message);

    test('when the schema is missing', () => refused(/has no schema parley: create it with "parley cluster init"/));

    test('when a server belongs to another cluster', async () => {
      await initialise([servers[0]], 8);
      await initialise([servers[1]], 4);
      await refused(/cluster of 8 shards.*two to one of 4/);
    });

    test('when a server with shards is not named', async () => {
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

    test('when the number of shards differs from that at creation', async () => {
      await initialise(servers, 8);
      await expect(initialise(servers, 16)).rejects.toThrow(/belongs to a cluster of 8 shards, not 16/);
    });

    test('when a newer version removed objects that this one needs, but not when it only added some', async () => {
      await initialise(servers, 8);
      const step = (version: number, worksFrom: number) =>
        withPool(servers[0], (pool) =>
          pool.run((sql) => sql`INSERT INTO migrations VALUES (${version}, ${worksFrom})`),
        );
      await step(1_000, 1);
      await shards.open();
      await step(1_001, 1_001);
      await refused(/has schema version 1001, which needs a Parley that supports version 1001/);
    });
  });

  test('that moved are followed while a third server does not answer', async () => {
    const third = { ...servers[0], name: 'three', schema: 'three' };
    await initialise([...servers, third], 9);
    const database = await ShardedDatabase.open([...servers, third]);
    await withPool(servers[0], (pool) => pool.run((sql) => sql`DELETE FROM shards WHERE shard = 0`));
    await withPool(servers[1], (pool) => pool.run((sql) => sql`INSERT INTO shards VALUES (0, 'serving')`));
    const { run } = Pool.prototype;
    const runs = spyOn(Pool.prototype, 'run').mockImplementation(function (this: Pool, ...given) {
      return this.name === 'three' ? Promise.reject(new Unavailable('it does not answer')) : run.apply(this, given);
    } as typeof run);
    const [row] = await database.inShard(0, (sql, shard) => sql<{ shard: number }[]>`SELECT served(${shard}) AS shard`);
    runs.mockRestore();
    expect(row?.shard).toBe(0);
    expect(database.serverOf(0)).toBe('two');
    await database.close();
  });

  test('are created once by concurrent programs, and assigned in equal parts', async () => {
    await Promise.all([initialise(servers, 8), initialise(servers, 8), initialise(servers, 8)]);
    const database = await shards.open();
    const serverNames = Array.from({ length: 8 }, (_, shard) => database.serverOf(shard));
    expect(serverNames).toEqual(['one', 'two', 'one', 'two', 'one', 'two', 'one', 'two']);
  });

  test('have every index although its build was interrupted during writes', async () => {
    await initialise(servers, shardsUnderTest);
    const version = schemaSteps.findIndex(({ indexes }) => indexes?.some(({ name }) => name === 'entry_times')) + 1;
    await withPool(servers[0], async (pool) => {
      await pool.run((sql) => sql`DELETE FROM migrations WHERE version = ${version}`);
      await pool.run((sql) => sql`DROP INDEX present_memberships`);
      await pool.run(
        (sql) => sql`UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass('parley.entry_times')`,
      );
    });
    await Promise.all([initialise(servers, shardsUnderTest), initialise(servers, shardsUnderTest)]);
    expect(await formFaults(await shards.open())).toEqual([]);
  });

  test('two distributors on one conversation each decide on the rows of the other (race 3)', async () => {
    await initialise(servers, shardsUnderTest);
    const [first, second] = [await shards.open(), await shards.open()].map(
      (database) => new ConversationsUnderTest(postgresStores(database)),
    );
    if (!first || !second) throw new Error('there are two distributors');
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

  test('two distributors on one partition each see the decided position of the other', async () => {
    await initialise(servers, shardsUnderTest);
    const advance = ({ history }: ReturnType<typeof postgresStores>) => {
      const reach = { partition: 0, logId: 'log', from: 0, to: 1 };
      const needed = { conversationIds: [], participants: [], banned: [], repeats: [], reaches: [reach] };
      return history.apply(needed, ({ decided }) => {
        const next = { ...reach, to: (decided.get(0)?.to ?? 0) + 1 };
        return {
          changes: { entries: [], heads: [], participants: [], banChanges: [], reaches: [next] },
          result: next.to,
        };
      });
    };
    const stores = [postgresStores(await shards.open()), postgresStores(await shards.open())];
    const positions = await Promise.all(stores.flatMap((each) => Array.from({ length: 8 }, () => advance(each))));
    expect(positions.sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  });

  describe('a name (race 9)', () => {
    test('that a crash left pending lapses after a minute, and log-in treats it as absent', async () => {
      await initialise(servers, shardsUnderTest);
      const database = await shards.open();
      const users = postgresStores(database).users;
      const claims = new Claims(database, async () => false);
      expect(await claims.take('username ana', systemIds.uuid())).toBe(true);
      expect(await users.byUsername('ana')).toBeUndefined();
      expect(await users.create(newUser('ana'))).toBe('username_taken');
      await database.everywhere((sql) => sql`UPDATE claims SET claimed_at = now() - interval '61 seconds'`);
      expect(await users.create(newUser('ana'))).toMatchObject({ username: 'ana' });
    });

    test('whose account was written before the crash stays that account’s', async () => {
      await initialise(servers, shardsUnderTest);
      const database = await shards.open();
      const users = postgresStores(database).users;
      const ana = await createUser(users, 'ana');
      await database.everywhere(
        (sql) => sql`UPDATE claims SET confirmed = false, claimed_at = now() - interval '61 seconds'`,
      );
      expect(await users.create(newUser('ana'))).toBe('username_taken');
      expect(await users.byUsername('ana')).toEqual(ana);
    });
  });
});
