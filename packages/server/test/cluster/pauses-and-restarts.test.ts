import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { clusterStatus, moveShardTo, shardPlaces, verifyCluster } from '../../src/compose/cluster-administration.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { ClusterProcesses, type Place, roles } from '../support/cluster-processes.ts';
import { withoutHaproxy } from '../support/haproxy.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';
import { Witnesses } from '../support/witnesses.ts';

const people = 8;
const meetPeople = 4;
const absent = withoutHaproxy ?? withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
describe.skipIf(absent !== null)(titleWith('a cluster under load', absent), () => {
  let cluster: ClusterProcesses;
  let witnesses: Witnesses;

  beforeAll(async () => {
    cluster = await ClusterProcesses.start(undefined, { 'drain-notice-ms': '2000', 'drain-ms': '1000' });
    witnesses = await Witnesses.gather(people, () => cluster.url);
    witnesses.write();
  });
  afterAll(async () => {
    witnesses.leave();
    await cluster.stop();
  });

  const config = () => loadConfig(cluster.settings, {});
  const liveServers = async () => (await clusterStatus(config())).liveServers;
  async function untilLive(count: number): Promise<void> {
    const isSo = async () => (await liveServers()) === count;
    await until(`${count} servers are live`, isSo, { withinMs: 120_000, pauseMs: 200 });
  }
  const last = (places: Place[]): Place => {
    const place = places.at(-1);
    if (!place) throw new Error('there are two of each role');
    return place;
  };

  test('a distributor sleeps until another has its shards, then wakes: two believe that they have them (race 3)', async () => {
    const place = last(cluster.placesOf('distribution'));
    await witnesses.untilAcknowledged(100);
    place.signal('SIGSTOP');
    await witnesses.untilAcknowledged(200);
    place.signal('SIGCONT');
    await witnesses.untilAcknowledged(400);
  }, 120_000);

  test('a messaging server sleeps until its lease has ended, then wakes, and starts under a new id (race 6)', async () => {
    const place = last(cluster.placesOf('messaging'));
    await untilLive(meetPeople);
    place.signal('SIGSTOP');
    await untilLive(meetPeople - 1);
    place.signal('SIGCONT');
    await untilLive(meetPeople);
    await witnesses.untilAcknowledged(400);
  }, 120_000);

  test('every shard goes to the other PostgreSQL server: writing goes on', async () => {
    const other = (server: string) => (server === 'one' ? 'two' : 'one');
    const servers = async () => (await shardPlaces(config())).map(({ server: name }) => name);
    const places = await servers();
    for (const [shard, server] of places.entries()) {
      const move = { shard, targetName: other(server), sourceUrl: null, tell: () => undefined };
      await witnesses.goOnAfter(`shard ${shard} moved`, () => moveShardTo(config(), move));
    }
    expect(await servers()).toEqual(places.map(other));
  }, 120_000);

  test('every process is restarted, one after the other: sends go on', async () => {
    await witnesses.untilAcknowledged(100);
    witnesses.takeLatencies();
    for (const role of roles) {
      for (const place of cluster.placesOf(role)) {
        expect(await place.stop()).toBe(0);
        await place.start();
      }
    }
    const latencies = witnesses.takeLatencies().sort((a, b) => a - b);
    const inTime = latencies.filter((latencyMs) => latencyMs <= 1_000).length;
    const share = ((100 * inTime) / latencies.length).toFixed(2);
    console.log(`rolling restart: ${share} % of ${latencies.length} sends acknowledged within 1,000 ms`);
    console.log(`rolling restart: the slowest took ${Math.round(latencies.at(-1) ?? 0)} ms`);
  }, 120_000);

  test('in the end every view is the history is what was acknowledged (contract 1 to 4)', async () => {
    await witnesses.untilAcknowledged(100);
    await witnesses.fallSilent();
    expect((await witnesses.agree()).length).toBeGreaterThan(1_000);
    const told: string[] = [];
    await verifyCluster(config(), { repair: false, tell: (line) => told.push(line) });
    expect(told).toEqual([]);
  }, 120_000);
});
