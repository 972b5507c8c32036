import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkLevels, giveLevels, raiseLevels, storedLevels } from '../../src/adapters/postgres/feature-level.ts';
import { featureLevelTable } from '../../src/adapters/postgres/feature-level-table.ts';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import { Pool } from '../../src/adapters/postgres/pool.ts';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import { raiseLevel, storedLevel } from '../../src/adapters/sqlite/feature-level.ts';
import { firstLevel, supportedLevel } from '../../src/platform/features.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { addTrialFeature, trialLevel } from '../support/trial-feature.ts';
import { type AdapterUnderTest, runContract } from './adapter-under-test.ts';
import { describeFeatureLevel, type LevelledStores } from './feature-level-contract.ts';
import { emptyDatabase, serversOfEachTest, shardsUnderTest } from './postgres-under-test.ts';
import { sqliteStores } from './sqlite-stores.ts';

const absent = withoutService('postgres');

const adapters: AdapterUnderTest<LevelledStores>[] = [
  {
    name: 'sqlite',
    async open() {
      const folder = mkdtempSync(join(tmpdir(), 'parley-level-'));
      const stores = sqliteStores(folder);
      const { database } = stores.writes;
      return {
        ...stores,
        featureLevel: async () => storedLevel(database),
        raise: async (level) => raiseLevel(database, level),
        async close() {
          await stores.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
  },
  {
    name: 'postgres',
    ...(absent !== null && { absent }),
    async open() {
      const database = await emptyDatabase();
      const lowered = () => database.everywhere((sql) => sql`UPDATE feature_level SET level = ${supportedLevel()}`);
      return {
        ...postgresStores(database),
        partitions: shardsUnderTest,
        passTime: () => undefined,
        featureLevel: async () => Math.min(...(await storedLevels(database))),
        raise: (level) => raiseLevels(database, level),
        // Other tests use the same databases.
        close: async () => void (await lowered()),
      };
    },
  },
];

runContract(adapters, describeFeatureLevel);

describe.skipIf(absent !== null)(titleWith('the feature levels of several PostgreSQL servers', absent), () => {
  const made = serversOfEachTest();

  test('a new cluster has the level of the program; an existing one keeps its own', async () => {
    const undo = addTrialFeature();
    try {
      await initialise(made.servers, shardsUnderTest);
      const database = await made.open();
      expect(await storedLevels(database)).toEqual([trialLevel, trialLevel]);
      // As the schema step leaves a cluster that was created before there were levels.
      await database.everywhere((sql) => sql`UPDATE feature_level SET level = ${firstLevel}`);
      await initialise(made.servers, shardsUnderTest);
      expect(await storedLevels(database)).toEqual([firstLevel, firstLevel]);
    } finally {
      undo();
    }
  });

  test('the schema step sets the first level in an existing cluster, and none in one that is being created', async () => {
    await initialise(made.servers, shardsUnderTest);
    const [server] = made.servers;
    const pool = new Pool(server);
    const levels = async () => {
      await pool.run((sql) => sql.unsafe(`DROP TABLE feature_level; ${featureLevelTable}`).simple());
      return pool.run((sql) => sql<{ level: number }[]>`SELECT level FROM feature_level`);
    };
    expect([...(await levels())]).toEqual([{ level: firstLevel }]);
    await pool.run((sql) => sql`DELETE FROM cluster`);
    expect([...(await levels())]).toEqual([]);
    await pool.close();
  });

  test('a new server gets the level of the others; one without a level counts as the first until it is raised', async () => {
    await initialise(made.servers, shardsUnderTest);
    const database = await made.open();
    const level = supportedLevel() + 1;
    await raiseLevels(database, level);
    const [, second] = made.servers;
    const pool = new Pool(second);
    const pools = made.servers.map((server) => new Pool(server));
    await pool.run((sql) => sql`DELETE FROM feature_level`);
    expect(await storedLevels(database)).toEqual([level, firstLevel]);
    await giveLevels(pools);
    expect(await storedLevels(database)).toEqual([level, level]);
    await pool.run((sql) => sql`DELETE FROM feature_level`);
    await raiseLevels(database, level + 1);
    expect(await storedLevels(database)).toEqual([level + 1, level + 1]);
    await Promise.all([pool, ...pools].map((each) => each.close()));
  });

  test('a program that does not support the level of a server is refused, and names both', async () => {
    await initialise(made.servers, shardsUnderTest);
    const database = await made.open();
    await checkLevels(database);
    const pool = new Pool(made.servers[1]);
    await pool.run((sql) => sql`UPDATE feature_level SET level = ${supportedLevel() + 1}`);
    await pool.close();
    await expect(checkLevels(database)).rejects.toThrow(
      `the cluster has feature level ${supportedLevel() + 1}, and this Parley supports ${supportedLevel()}`,
    );
  });
});
