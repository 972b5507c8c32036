import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { clusterStatus, moveShardTo, shardLocations, verifyCluster } from '../../src/compose/cluster-administration.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { ClusterProcesses, type ProcessSlot, roles } from '../support/cluster-processes.ts';
import { onceAvailable } from '../support/cluster-services.ts';
import { withoutHaproxy } from '../support/haproxy.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';
import { Witnesses } from '../support/witnesses.ts';

const people = 4;
const meetPeople = 4;
const absent = withoutHaproxy ?? withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
describe.skipIf(absent !== null)(titleWith('a cluster under load', absent), () => {
  let cluster: ClusterProcesses;
  let witnesses: Witnesses;

  beforeAll(async () => {
    cluster = await ClusterProcesses.start(undefined, { 'drain-notice-ms': '2000', 'drain-ms': '1000' });
    witnesses = await Witnesses.gather(people, () => cluster.url, { pauseMs: 300 });
    witnesses.write();
  });
  afterAll(async () => {
    witnesses.leave();
    await cluster.stop();
  });

  const config = () => loadConfig(cluster.settings, {});
  const liveServers = async () => (await onceAvailable(() => clusterStatus(config()))).liveServers;
  async function untilLive(count: number): Promise<void> {
    const isSo = async () => (await liveServers()) === count;
    await until(`${count} servers are live`, isSo, { withinMs: 300_000, pauseMs: 200 });
  }
  const last = (slots: ProcessSlot[]): ProcessSlot => {
    const slot = slots.at(-1);
    if (!slot) throw new Error('there are two of each role');
    return slot;
  };

  test('a distributor is paused until another has its shards, then resumes: both act as their owner (race 3)', async () => {
    const slot = last(cluster.slotsOf('distribution'));
    await witnesses.untilAcknowledged(50);
    slot.signal('SIGSTOP');
    await witnesses.untilAcknowledged(100);
    slot.signal('SIGCONT');
    await witnesses.untilAcknowledged(100);
  });

  test('a messaging server is paused until its lease has expired, then resumes under a new id (race 6)', async () => {
    const slot = last(cluster.slotsOf('messaging'));
    await untilLive(meetPeople);
    slot.signal('SIGSTOP');
    await untilLive(meetPeople - 1);
    slot.signal('SIGCONT');
    await untilLive(meetPeople);
    await witnesses.untilAcknowledged(100);
  });

  test('sends continue while every shard moves to the other PostgreSQL server', async () => {
    const other = (server: string) => (server === 'one' ? 'two' : 'one');
    const locations = () => onceAvailable(() => shardLocations(config()));
    const servers = async () => (await locations()).map(({ server: name }) => name);
    const slots = await servers();
    for (const [shard, server] of slots.entries()) {
      const move = { shard, targetName: other(server), sourceUrl: null, tell: () => undefined };
      // A move that was interrupted continues from there.
      await witnesses.recoverAfter(`shard ${shard} moved`, () => onceAvailable(() => moveShardTo(config(), move)));
    }
    expect(await servers()).toEqual(slots.map(other));
  });

  test('sends continue while the processes are restarted one after the other', async () => {
    await witnesses.untilAcknowledged(50);
    witnesses.takeLatencies();
    for (const role of roles) {
      for (const slot of cluster.slotsOf(role)) {
        expect(await slot.stop()).toBe(0);
        await slot.start();
      }
    }
    const latencies = witnesses.takeLatencies().sort((a, b) => a - b);
    const inTime = latencies.filter((latencyMs) => latencyMs <= 1_000).length;
    const share = ((100 * inTime) / latencies.length).toFixed(2);
    console.log(`rolling restart: ${share} % of ${latencies.length} sends acknowledged within 1,000 ms`);
    console.log(`rolling restart: the slowest took ${Math.round(latencies.at(-1) ?? 0)} ms`);
  });

  test('finally, every view equals the history and every acknowledged message is there once (contract 1 to 4)', async () => {
    await witnesses.untilAcknowledged(50);
    await witnesses.stopWriting();
    expect((await witnesses.agree()).length).toBeGreaterThan(500);
    const told: string[] = [];
    await verifyCluster(config(), { repair: false, tell: (line) => told.push(line) });
    expect(told).toEqual([]);
  });
});
