import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { Pool } from '../../src/adapters/postgres/pool.ts';
import { schemaSteps } from '../../src/adapters/postgres/schema-steps.ts';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { verifyShards } from '../../src/adapters/postgres/verify.ts';
import { postgresServers } from '../../src/compose/cluster.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { ClusterProcesses, type Place, roles } from '../support/cluster-processes.ts';
import { doEverything } from '../support/every-operation.ts';
import { withoutHaproxy } from '../support/haproxy.ts';
import { parleyProgram } from '../support/server-process.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { Witnesses } from '../support/witnesses.ts';

const nextVersion = fileURLToPath(new URL('../support/next-version.ts', import.meta.url));
const thisProgram = parleyProgram();
const nextProgram = parleyProgram(nextVersion);
const people = 8;
const absent = withoutHaproxy ?? withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
describe.skipIf(absent !== null)(titleWith('two versions side by side, under load', absent), () => {
  let cluster: ClusterProcesses;
  let witnesses: Witnesses;

  beforeAll(async () => {
    cluster = await ClusterProcesses.start();
    witnesses = await Witnesses.gather(people, () => cluster.url);
    witnesses.write();
    await witnesses.untilAcknowledged(100);
  });
  afterAll(async () => {
    witnesses.leave();
    await cluster.stop();
  });

  let scenes = 0;
  /** Everything that a person can do, each thing by one of two people, who are at one gateway each. */
  async function everythingIsDone(): Promise<void> {
    const [one, two] = cluster.placesOf('gateway') as [Place, Place];
    const [messaging] = cluster.placesOf('messaging') as [Place];
    const gateways = scenes % 2 === 0 ? ([one.url, two.url] as const) : ([two.url, one.url] as const);
    await doEverything({ gateways, messaging: messaging.url, operator: 'operator', name: `scene${scenes++}` });
  }

  /** Restarts every process as this version, one after the other, each beside the others of both. */
  async function roll(program: readonly string[], beside: (place: Place) => Promise<void>): Promise<void> {
    for (const role of roles) {
      for (const place of cluster.placesOf(role)) {
        expect(await place.stop()).toBe(0);
        await place.start(program);
        await witnesses.untilAcknowledged(50);
        await beside(place);
      }
    }
  }

  /** When the first process of a role is another version than the second. */
  async function onceARole(place: Place): Promise<void> {
    if (place === cluster.placesOf(place.role)[0]) await everythingIsDone();
  }

  async function forms(): Promise<number[]> {
    return Promise.all(
      postgresServers(loadConfig(cluster.settings, {})).map(async (server) => {
        const pool = new Pool(server);
        const [row] = await pool.run((sql) => sql<{ form: number }[]>`SELECT max(version) AS form FROM migrations`);
        await pool.close();
        return row?.form ?? 0;
      }),
    );
  }

  test('the next one is refused at start until its "cluster init" has brought the schemas up to date', async () => {
    const [place] = cluster.placesOf('gateway');
    expect(await place?.stop()).toBe(0);
    await expect(place?.start(nextProgram)).rejects.toThrow('run "parley cluster init" of this version');
    await place?.start();
  });

  test('"cluster init" of the next one changes the schemas while this one goes on', async () => {
    const { shape: _, ...services } = cluster.settings;
    const flags = Object.entries({ ...services, shards: '8', 'replication-factor': '1' });
    const init = Bun.spawn([
      ...nextProgram,
      'cluster',
      'init',
      ...flags.flatMap(([name, value]) => [`--${name}`, value]),
    ]);
    expect(await init.exited).toBe(0);
    const next = schemaSteps.length + 1;
    expect(await forms()).toEqual([next, next]);
    await witnesses.untilAcknowledged(100);
  });

  test('this one does everything on the schema of the next, which has more columns in every table', async () => {
    await everythingIsDone();
  });

  test('processes become the next one, one after the other, and go back again; everything can be done meanwhile', async () => {
    await roll(nextProgram, onceARole);
    await roll(thisProgram, async () => undefined);
    await everythingIsDone();
  }, 480_000);

  test('in the end every view is the history is what was acknowledged (contract 1 to 4)', async () => {
    await witnesses.fallSilent();
    expect((await witnesses.agree()).length).toBeGreaterThan(600);
  }, 120_000);

  test('in the end nothing that is stored contradicts anything else', async () => {
    const database = await ShardedDatabase.open(postgresServers(loadConfig(cluster.settings, {})));
    const faults: string[] = [];
    await verifyShards(database, { repair: false, note: (fault) => faults.push(fault), count: () => undefined });
    await database.close();
    expect(faults).toEqual([]);
  }, 120_000);
});
