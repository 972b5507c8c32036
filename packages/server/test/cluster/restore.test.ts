import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { ParleyClient } from '@parley/sdk';
import { Topics } from '../../src/adapters/kafka/topics.ts';
import type { PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { kafkaSettings, postgresServers } from '../../src/compose/cluster.ts';
import { clusterStatus, initialiseCluster } from '../../src/compose/cluster-administration.ts';
import { verifyCluster } from '../../src/compose/verify-cluster.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { beside, ClusterUnderTest, clusterShards } from '../support/cluster-services.ts';
import { ServerProcess } from '../support/server-process.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';

const rounds = 12;
const password = 'a good password';
const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
interface Acknowledged {
  conversationId: string;
  clientMessageId: string;
  seq: number;
}

describe.skipIf(absent !== null)(
  titleWith('a cluster of which one PostgreSQL server is restored to an earlier moment', absent),
  () => {
    let cluster: ClusterUnderTest;
    let server: ServerProcess;
    let benId: string;
    let restored: PostgresServer;
    /** Groups that were written to before the copy was taken. */
    let before: string[];
    let acknowledged: Acknowledged[];

    const config = () => loadConfig(cluster.settings, {});
    const quietly = () => undefined;
    const start = async () => {
      server = await ServerProcess.start({ settings: cluster.settings });
    };

    async function arrive(enter: (client: ParleyClient) => Promise<unknown>): Promise<ParleyClient> {
      const client = new ParleyClient({ url: server.url });
      await enter(client);
      client.connect();
      await client.live();
      return client;
    }
    const login = () => arrive((client) => client.login({ username: 'ana', password }));

    /** Makes groups with ben, and writes to each. */
    async function write(client: ParleyClient, text: string): Promise<string[]> {
      const groups = [];
      for (let round = 0; round < rounds; round++) {
        const group = await client.conversations.createGroup({ name: `${text} ${round}`, userIds: [benId] });
        const message = group.send(text);
        const { seq } = await message.sent();
        acknowledged.push({ conversationId: group.id, clientMessageId: message.clientMessageId, seq });
        groups.push(group.id);
      }
      return groups;
    }

    /** Groups that were written to, a copy of one server, more groups and removals after it. */
    beforeEach(async () => {
      acknowledged = [];
      cluster = await ClusterUnderTest.make();
      await start();
      const [ana, ben] = [
        await arrive((client) => client.signup({ username: 'ana', password })),
        await arrive((client) => client.signup({ username: 'ben', password })),
      ];
      benId = ben.account?.id ?? '';
      before = await write(ana, 'before');
      for (const client of [ana, ben]) client.close();
      await server.stop();
      [restored] = postgresServers(config()) as [PostgresServer];
      await beside(restored, (name) => [`CREATE DATABASE ${name}_backup TEMPLATE ${name}`]);

      await start();
      const again = await login();
      for (const conversationId of before) await again.call('removeMember', { conversationId, userId: benId });
      await write(again, 'after');
      again.close();
    }, 120_000);
    afterEach(async () => {
      await server?.stop();
      await cluster?.remove();
    });

    /** As a standby takes over that had not everything, or a backup is put back; whoever is connected is cut off. */
    const putBack = () =>
      beside(restored, (name) => [
        `DROP DATABASE ${name} WITH (FORCE)`,
        `ALTER DATABASE ${name}_backup RENAME TO ${name}`,
      ]);

    /** What of {@link acknowledged} the history has, under the number of its acknowledgement. */
    async function found(client: ParleyClient): Promise<Acknowledged[]> {
      const isThere = async ({ conversationId, clientMessageId, seq }: Acknowledged) => {
        const page = await client.call('getHistory', { conversationId, after: seq - 1, limit: 1 }).catch(() => null);
        return page?.entries.some((entry) => entry.kind === 'message' && entry.clientMessageId === clientMessageId);
      };
      const there = await Promise.all(acknowledged.map(isThere));
      return acknowledged.filter((_, index) => there[index]);
    }

    const membersOf = async (client: ParleyClient, conversationId: string) =>
      (await client.call('listMembers', { conversationId })).members.map(({ user }) => user.username);

    test('gets from Kafka what it lacks, under the same numbers, when a distributor starts', async () => {
      await putBack();
      await server.kill();
      await start();
      const isDone = async () => (await clusterStatus(config())).commandsWaiting === 0;
      await until('no command waits', isDone, { withinMs: 120_000, pauseMs: 20 });
      const back = await login();
      expect(await found(back)).toEqual(acknowledged);
      for (const conversationId of before) expect(await membersOf(back, conversationId)).toEqual(['ana']);
      back.close();
      expect((await verifyCluster(config(), { repair: true, tell: quietly })).faults).toBe(0);
      expect(await verifyCluster(config(), { repair: false, tell: quietly })).toMatchObject({ faults: 0 });
    }, 180_000);

    test('a process that goes on has it back with the first command to such a shard', async () => {
      await putBack();
      const back = await login();
      for (const { conversationId } of acknowledged) {
        await back.call('sendMessage', { conversationId, clientMessageId: 'on', text: 'on' });
      }
      expect(await found(back)).toEqual(acknowledged);
      back.close();
    }, 180_000);

    test('and of which Kafka is new goes on with what there is', async () => {
      await server.stop();
      await putBack();
      const topics = new Topics(kafkaSettings(config()));
      await topics.remove();
      await initialiseCluster(config(), { shards: clusterShards, replicationFactor: 1 });
      await topics.close();

      const told: string[] = [];
      const verified = await verifyCluster(config(), { repair: false, tell: (line) => told.push(line) });
      expect([verified.faults, told]).toEqual([told.length, told]);
      expect(verified.faults).toBeGreaterThan(0);
      const repaired = await verifyCluster(config(), { repair: true, tell: quietly });
      expect(repaired.faults).toBe(0);
      expect(repaired.repaired).toBeGreaterThan(0);
      expect(await verifyCluster(config(), { repair: true, tell: quietly })).toMatchObject({ faults: 0, repaired: 0 });

      await start();
      const back = await login();
      expect(await found(back)).toEqual(expect.arrayContaining(acknowledged.slice(0, rounds)));
      for (const conversationId of before) {
        await back.call('sendMessage', { conversationId, clientMessageId: 'on', text: 'on' });
      }
      back.close();
      expect(await verifyCluster(config(), { repair: false, tell: quietly })).toMatchObject({ faults: 0 });
    }, 180_000);
  },
);
