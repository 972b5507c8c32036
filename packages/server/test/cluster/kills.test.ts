import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import { postgresServers } from '../../src/compose/cluster.ts';
import { totalsFollower } from '../../src/followers/totals/totals-port.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { ClusterProcesses, roles } from '../support/cluster-processes.ts';
import { withoutHaproxy } from '../support/haproxy.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';
import { Witnesses } from '../support/witnesses.ts';

const people = 4;
const absent = withoutHaproxy ?? withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
describe.skipIf(absent !== null)(titleWith('a cluster of two processes of each role behind HAProxy', absent), () => {
  let cluster: ClusterProcesses;
  let witnesses: Witnesses;

  beforeAll(async () => {
    cluster = await ClusterProcesses.start();
    witnesses = await Witnesses.gather(people, () => cluster.url, { pauseMs: 300 });
    witnesses.write();
  });
  afterAll(async () => {
    witnesses.leave();
    await cluster.stop();
  });

  for (const role of roles) {
    test(`SIGKILL of each ${role}, one after the other, under load`, async () => {
      for (const slot of cluster.slotsOf(role)) {
        await witnesses.recoverAfter(`${role} killed`, () => slot.kill());
        await slot.start();
      }
    });
  }

  test('finally, every device equals the history, with every acknowledged message and amendment once (contract 1 to 4)', async () => {
    await witnesses.untilAcknowledged(50);
    await witnesses.stopWriting();
    expect((await witnesses.agree()).length).toBeGreaterThan(roles.length * 50);
    expect(witnesses.amendments.kinds).toEqual(['delete', 'edit', 'pin', 'react']);
  });

  test('finally, the totals equal a count of the stores', async () => {
    const config = loadConfig(cluster.settings, {});
    const database = await ShardedDatabase.open(postgresServers(config));
    const { totals, followerStates } = postgresStores(database);
    const isUpToDate = async () => {
      const { lagRecords, unbuiltPartitions } = await followerStates.report(totalsFollower);
      return lagRecords === 0 && unbuiltPartitions === 0;
    };
    await until('the totals are up to date', isUpToDate, { withinMs: 300_000 });
    const { databaseBytes: _before, ...kept } = await totals.read();
    const [follower] = cluster.slotsOf('followers');
    expect(await follower?.stop()).toBe(0);
    await followerStates.reset(totalsFollower);
    const { databaseBytes: _after, ...counted } = await totals.read();
    await database.close();
    await follower?.start();
    expect(kept).toEqual(counted);
    expect(kept.messages).toBeGreaterThan(roles.length * 50);
  });
});
