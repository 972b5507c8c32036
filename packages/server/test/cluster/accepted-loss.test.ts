import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { MemoryStore, ParleyClient } from '@parley/sdk';
import { Admin } from '@platformatic/kafka';
import { clientOptions } from '../../src/adapters/kafka/connection.ts';
import { Positions } from '../../src/adapters/kafka/positions.ts';
import { commandsTopic, Topics } from '../../src/adapters/kafka/topics.ts';
import type { PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { kafkaSettings, openServices, postgresServers } from '../../src/compose/cluster.ts';
import { acceptLoss, shardLocations } from '../../src/compose/cluster-administration.ts';
import { verifyCluster } from '../../src/compose/verify-cluster.ts';
import { shardOf } from '../../src/platform/shards.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { beside, ClusterUnderTest, clusterShards, onceAvailable } from '../support/cluster-services.ts';
import { generation } from '../support/registry-leases.ts';
import { ServerProcess } from '../support/server-process.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';

const groups = 8;
const password = 'a good password';
const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
describe.skipIf(absent !== null)(
  titleWith('a PostgreSQL server is restored to an earlier moment than a client has seen', absent),
  () => {
    let cluster: ClusterUnderTest;
    const processes: ServerProcess[] = [];
    let store: MemoryStore;
    const clients: ParleyClient[] = [];
    let shown: Map<string, number>;

    const config = () => loadConfig(cluster.settings, {});
    const quietly = () => undefined;
    const restoredServer = () => postgresServers(config())[0] as PostgresServer;

    async function start(roles = 'gateway,messaging,distribution'): Promise<ServerProcess> {
      const server = await ServerProcess.start({ settings: { ...cluster.settings, roles } });
      processes.push(server);
      return server;
    }
    async function stop(): Promise<void> {
      for (const each of processes.splice(0)) await each.stop();
    }

    /** A client that was connected before, with its kept data; what it reports about a restore is in `restored`. */
    async function comeBack({ url }: ServerProcess) {
      const client = new ParleyClient({ url, store });
      clients.push(client);
      const restored: (string | null)[] = [];
      client.on('restored', ({ conversation }) => restored.push(conversation?.id ?? null));
      await client.resume();
      client.connect();
      return { client, restored };
    }

    async function writeToEach(client: ParleyClient, text: string): Promise<void> {
      await Promise.all(client.conversations.list().map((each) => each.send(text).sent()));
    }

    beforeEach(async () => {
      cluster = await ClusterUnderTest.make();
      store = new MemoryStore();
      const first = await start();
      const ana = new ParleyClient({ url: first.url, store });
      clients.push(ana);
      await ana.signup({ username: 'ana', password });
      ana.connect();
      await ana.live();
      const locations = await onceAvailable(() => shardLocations(config()));
      const used = new Set<string | undefined>();
      // The ids decide on which server a group is, and both need some.
      for (let group = 0; group < groups || used.size < 2; group++) {
        const { id } = await ana.conversations.createGroup({ name: `group ${group}` });
        used.add(locations[shardOf(id, clusterShards)]?.server);
      }
      await writeToEach(ana, 'before');
      ana.close();
      await stop();
      await beside(restoredServer(), (name) => [`CREATE DATABASE ${name}_backup TEMPLATE ${name}`]);

      const { client } = await comeBack(await start());
      await client.live();
      await writeToEach(client, 'after');
      const entriesToCome = () => client.conversations.list().some(({ data }) => data.headSeq < 3);
      await until('every conversation has three entries', () => !entriesToCome(), { withinMs: 300_000, pauseMs: 20 });
      shown = new Map(client.conversations.list().map(({ id, data }) => [id, data.headSeq]));
      client.close();
      await stop();
      await beside(restoredServer(), (name) => [
        `DROP DATABASE ${name} WITH (FORCE)`,
        `ALTER DATABASE ${name}_backup RENAME TO ${name}`,
      ]);
    });
    afterEach(async () => {
      for (const client of clients.splice(0)) client.close();
      await stop();
      await cluster.remove();
    });

    async function currentGeneration(): Promise<string> {
      const services = await openServices(config());
      try {
        return await generation(services.redis.registry());
      } finally {
        await services.close();
      }
    }

    /** The conversations whose shards are on the restored server. */
    async function onRestored(): Promise<string[]> {
      const locations = await shardLocations(config());
      return [...shown.keys()].filter((id) => locations[shardOf(id, clusterShards)]?.server === restoredServer().name);
    }

    test('while the log is replayed, the server is not ready, clients keep what they show, and epochs stay', async () => {
      const epochs = await shardLocations(config());
      const edge = await start('gateway,messaging');
      const { client, restored } = await comeBack(edge);
      const [behind = ''] = await onRestored();
      const ask = () => client.call('getHistory', { conversationId: behind, after: shown.get(behind) ?? 0 });
      expect(await ask()).toMatchObject({ catchingUp: true, headSeq: Number(shown.get(behind)) - 1 });
      await until('the client catches up', () => client.state.name === 'catching-up', {
        withinMs: 300_000,
        pauseMs: 20,
      });

      await start('distribution');
      await client.live();
      expect(restored).toEqual([]);
      for (const { id, data } of client.conversations.list()) {
        expect([id, data.headSeq, data.lastMessage?.text]).toEqual([id, Number(shown.get(id)), 'after']);
      }
      expect(await ask()).not.toHaveProperty('catchingUp');
      expect(await shardLocations(config())).toEqual(epochs);
    });

    test('"accept-loss" gives up what the log no longer has and reports it; clients of those shards read again', async () => {
      const settings = kafkaSettings(config());
      const topic = commandsTopic(settings.clusterName);
      const topics = new Topics(settings);
      const partitions = Array.from({ length: clusterShards }, (_, partition) => partition);
      const ends = await topics.positions.ends(topic, partitions);
      await topics.close();
      const admin = new Admin(clientOptions(settings));
      const upTo = partitions.map((partition) => ({ partition, offset: ends.get(partition) ?? 0n }));
      await admin.deleteRecords({ topics: [{ name: topic, partitions: upTo }] });
      await admin.close();

      const running = await start();
      const waiting = await comeBack(running);
      await expect(acceptLoss(config(), { servers: [], tell: quietly })).rejects.toThrow('distributors are running');
      // Nothing is discarded until the operator accepts the loss.
      await until('the client catches up', () => waiting.client.state.name === 'catching-up', {
        withinMs: 300_000,
        pauseMs: 20,
      });
      expect(waiting.restored.filter((id) => id !== null)).toEqual([]);
      waiting.client.close();
      await stop();

      // An interruption after the first position was moved: the processes learn of the loss, and it can be repeated.
      const generations = [await currentGeneration()];
      const commit = spyOn(Positions.prototype, 'commit').mockRejectedValue(new Error('interrupted'));
      await expect(acceptLoss(config(), { servers: [], tell: quietly })).rejects.toThrow('interrupted');
      commit.mockRestore();
      generations.push(await currentGeneration());
      expect(new Set(generations).size).toBe(2);

      const before = await shardLocations(config());
      const accepted = await acceptLoss(config(), { servers: [], tell: quietly });
      const after = await shardLocations(config());
      const isRestored = ({ server }: { server: string }) => server === restoredServer().name;
      expect(accepted.map(({ shard }) => shard)).toEqual(
        partitions.filter((shard) => isRestored(before[shard] as never)),
      );
      const lost = await onRestored();
      expect(accepted.reduce((sum, { commandsLost }) => sum + (commandsLost ?? 0), 0)).toBe(lost.length);
      for (const [shard, { epoch, server }] of after.entries()) {
        expect([shard, epoch === before[shard]?.epoch]).toEqual([shard, !isRestored({ server })]);
      }
      await expect(acceptLoss(config(), { servers: [], tell: quietly })).rejects.toThrow('has everything');
      await expect(acceptLoss(config(), { servers: ['third'], tell: quietly })).rejects.toThrow(
        'no PostgreSQL server third',
      );

      const { client, restored } = await comeBack(await start());
      await client.live();
      expect(restored.filter((id) => id !== null).sort()).toEqual(lost.sort());
      await writeToEach(client, 'new');
      const isNew = () => client.conversations.list().every(({ data }) => data.lastMessage?.text === 'new');
      await until('every conversation has its new message', isNew, { withinMs: 300_000, pauseMs: 20 });
      for (const { id, data } of client.conversations.list()) {
        const headSeq = Number(shown.get(id)) + (lost.includes(id) ? 0 : 1);
        expect([id, data.headSeq, data.lastMessage?.text]).toEqual([id, headSeq, 'new']);
      }
      expect(await verifyCluster(config(), { repair: false, tell: quietly })).toMatchObject({ faults: 0 });
    });
  },
);
