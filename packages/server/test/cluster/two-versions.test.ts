import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import { Pool } from '../../src/adapters/postgres/pool.ts';
import { schemaSteps } from '../../src/adapters/postgres/schema-steps.ts';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { verifyShards } from '../../src/adapters/postgres/verify.ts';
import { postgresServers } from '../../src/compose/cluster.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { ClusterProcesses, type ProcessSlot, roles } from '../support/cluster-processes.ts';
import { doEverything } from '../support/every-operation.ts';
import { withoutHaproxy } from '../support/haproxy.ts';
import { parleyProgram } from '../support/server-process.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { Witnesses } from '../support/witnesses.ts';

const nextVersion = fileURLToPath(new URL('../support/next-version.ts', import.meta.url));
const thisProgram = parleyProgram();
const nextProgram = parleyProgram(nextVersion);
const people = 4;
const absent = withoutHaproxy ?? withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
describe.skipIf(absent !== null)(titleWith('two versions side by side, under load', absent), () => {
  let cluster: ClusterProcesses;
  let witnesses: Witnesses;

  beforeAll(async () => {
    cluster = await ClusterProcesses.start();
    witnesses = await Witnesses.gather(people, () => cluster.url, { pauseMs: 300 });
    witnesses.write();
    await witnesses.untilAcknowledged(50);
  });
  afterAll(async () => {
    witnesses.leave();
    await cluster.stop();
  });

  let scenes = 0;
  /** Performs every operation as one of two people, each at a gateway of their own. */
  async function everythingIsDone(): Promise<void> {
    const [one, two] = cluster.slotsOf('gateway') as [ProcessSlot, ProcessSlot];
    const [messaging] = cluster.slotsOf('messaging') as [ProcessSlot];
    const gateways = scenes % 2 === 0 ? ([one.url, two.url] as const) : ([two.url, one.url] as const);
    await doEverything({ gateways, messaging: messaging.url, operator: 'operator', name: `scene${scenes++}` });
  }

  /**
   * Restarts every process as this version, one after the other, so that each runs beside processes of both versions.
   */
  async function roll(program: readonly string[], beside: (slot: ProcessSlot) => Promise<void>): Promise<void> {
    for (const role of roles) {
      for (const slot of cluster.slotsOf(role)) {
        expect(await slot.stop()).toBe(0);
        await slot.start(program);
        await witnesses.untilAcknowledged(25);
        await beside(slot);
      }
    }
  }

  /** Runs when the first process of a role has another version than the second. */
  async function onceARole(slot: ProcessSlot): Promise<void> {
    if (slot === cluster.slotsOf(slot.role)[0]) await everythingIsDone();
  }

  async function schemaVersions(): Promise<number[]> {
    return Promise.all(
      postgresServers(loadConfig(cluster.settings, {})).map(async (server) => {
        const pool = new Pool(server);
        const [row] = await pool.run(
          (sql) => sql<{ version: number }[]>`SELECT max(version) AS version FROM migrations`,
        );
        await pool.close();
        return row?.version ?? 0;
      }),
    );
  }

  test('the next version does not start before its "cluster init" has upgraded the schemas', async () => {
    const [slot] = cluster.slotsOf('gateway');
    expect(await slot?.stop()).toBe(0);
    await expect(slot?.start(nextProgram)).rejects.toThrow('run "parley cluster init" of this version');
    await slot?.start();
  });

  test('"cluster init" of the next version upgrades the schemas while this version runs', async () => {
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
    expect(await schemaVersions()).toEqual([next, next]);
    await witnesses.untilAcknowledged(50);
  });

  test('this version performs every operation on the schema of the next, which has more columns in every table', async () => {
    await everythingIsDone();
  });

  test('every operation works while processes are replaced by the next version one after the other, and back', async () => {
    await roll(nextProgram, onceARole);
    await roll(thisProgram, async () => undefined);
    await everythingIsDone();
  }, 480_000);

  test('finally, every view equals the history and every acknowledged message is there once (contract 1 to 4)', async () => {
    // The messages alone are then more than that, also on a slow machine.
    await witnesses.untilAcknowledged(150);
    await witnesses.stopWriting();
    expect((await witnesses.agree()).length).toBeGreaterThan(400);
  });

  test('finally, verification finds no fault', async () => {
    const database = await ShardedDatabase.open(postgresServers(loadConfig(cluster.settings, {})));
    const faults: string[] = [];
    await verifyShards(database, { repair: false, note: (fault) => faults.push(fault), count: () => undefined });
    await database.close();
    expect(faults).toEqual([]);
  });
});
