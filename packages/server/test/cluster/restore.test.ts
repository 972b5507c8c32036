import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { ParleyClient } from '@parley/sdk';
import { Topics } from '../../src/adapters/kafka/topics.ts';
import type { PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { kafkaSettings, postgresServers } from '../../src/compose/cluster.ts';
import { clusterStatus, initialiseCluster } from '../../src/compose/cluster-administration.ts';
import { verifyCluster } from '../../src/compose/verify-cluster.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { CheckedRecording } from '../support/checked-recording.ts';
import { beside, ClusterUnderTest, clusterShards, onceAvailable } from '../support/cluster-services.ts';
import { recordedClient } from '../support/recorded-client.ts';
import { ServerProcess } from '../support/server-process.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';

const rounds = 12;
const password = 'a good password';
const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');

describe.skipIf(absent !== null)(
  titleWith('a cluster with a PostgreSQL server that was restored to an earlier moment', absent),
  () => {
    let cluster: ClusterUnderTest;
    let server: ServerProcess;
    let benId: string;
    let restored: PostgresServer;
    /** Groups with a message from before the copy of the database, and those that were made after it. */
    let before: string[];
    let after: string[];
    let recording: CheckedRecording;
    let devices = 0;

    const config = () => loadConfig(cluster.settings, {});
    const quietly = () => undefined;
    const start = async () => {
      server = await ServerProcess.start({ settings: cluster.settings });
    };

    async function arrive(enter: (client: ParleyClient) => Promise<unknown>): Promise<ParleyClient> {
      const { client } = recordedClient(recording.recorder, `device ${++devices}`, { url: server.url });
      await enter(client);
      client.connect();
      await client.live();
      return client;
    }
    const login = () => arrive((client) => client.login({ username: 'ana', password }));

    /** Creates groups with ben, and sends a message to each. */
    async function write(client: ParleyClient, text: string): Promise<string[]> {
      const groups = [];
      for (let round = 0; round < rounds; round++) {
        const group = await client.conversations.createGroup({ name: `${text} ${round}`, userIds: [benId] });
        await group.send(text).sent();
        groups.push(group.id);
      }
      return groups;
    }

    /** Writes to groups, copies the database of one server, then creates more groups and removes members. */
    beforeEach(async () => {
      recording = new CheckedRecording();
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
      after = await write(again, 'after');
      again.close();
    });
    afterEach(async () => {
      try {
        await server?.stop();
      } finally {
        await cluster?.remove();
      }
      await recording.finish();
    });

    /** Has the same effect as a standby that lagged and was promoted, or a restored backup: connections are cut off. */
    const restoreBackup = () =>
      beside(restored, (name) => [
        `DROP DATABASE ${name} WITH (FORCE)`,
        `ALTER DATABASE ${name}_backup RENAME TO ${name}`,
      ]);

    /** Reads every group, for the check of what was acknowledged. */
    async function readAll(client: ParleyClient): Promise<void> {
      for (const conversationId of [...before, ...after]) await client.call('getHistory', { conversationId });
    }

    const membersOf = async (client: ParleyClient, conversationId: string) =>
      (await client.call('listMembers', { conversationId })).members.map(({ user }) => user.username);

    test('gets the missing entries from Kafka, with the same numbers, when a distributor starts', async () => {
      recording.recorder.record({ type: 'replay' });
      await restoreBackup();
      await server.kill();
      await start();
      const isDone = async () => (await onceAvailable(() => clusterStatus(config()))).commandsWaiting === 0;
      await until('no command waits', isDone, { withinMs: 300_000, pauseMs: 200 });
      recording.recorder.record({ type: 'replay_end' });
      const back = await login();
      await readAll(back);
      for (const conversationId of before) expect(await membersOf(back, conversationId)).toEqual(['ana']);
      back.close();
      expect((await verifyCluster(config(), { repair: true, tell: quietly })).faults).toBe(0);
      expect(await verifyCluster(config(), { repair: false, tell: quietly })).toMatchObject({ faults: 0 });
    });

    test('a running process restores the missing entries with the first command to such a shard', async () => {
      recording.recorder.record({ type: 'replay' });
      await restoreBackup();
      const back = await login();
      for (const conversationId of [...before, ...after]) {
        await back.call('sendMessage', { conversationId, clientMessageId: 'on', text: 'on' });
      }
      recording.recorder.record({ type: 'replay_end' });
      await readAll(back);
      back.close();
    });

    test('continues with what it has when Kafka is new', async () => {
      await server.stop();
      await restoreBackup();
      const topics = new Topics(kafkaSettings(config()));
      await onceAvailable(() => topics.remove());
      await onceAvailable(() => initialiseCluster(config(), { shards: clusterShards, replicationFactor: 1 }));
      await topics.close();
      recording.recorder.record({ type: 'restore' });

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
      for (const conversationId of before) {
        const { entries } = await back.call('getHistory', { conversationId });
        expect(entries).toContainEqual(expect.objectContaining({ seq: 2, text: 'before' }));
        await back.call('sendMessage', { conversationId, clientMessageId: 'on', text: 'on' });
      }
      back.close();
      expect(await verifyCluster(config(), { repair: false, tell: quietly })).toMatchObject({ faults: 0 });
    });
  },
);
