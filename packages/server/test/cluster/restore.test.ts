import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ParleyClient } from '@parley/sdk';
import type { PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { postgresServers } from '../../src/compose/cluster.ts';
import { verifyCluster } from '../../src/compose/verify-cluster.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { ClusterUnderTest, withPool } from '../support/cluster-services.ts';
import { ServerProcess } from '../support/server-process.ts';
import { withoutService } from '../support/services.ts';

const rounds = 12;
const password = 'a good password';
const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
if (absent !== null) test.skip(`a restore: ${absent}`, () => undefined);

/** Runs statements beside the database, which nobody may be connected to. */
async function beside({ name, url }: PostgresServer, statementsFor: (database: string) => string[]): Promise<void> {
  const address = new URL(url);
  const database = address.pathname.slice(1);
  address.pathname = '/postgres';
  await withPool({ name, url: address.href, schema: 'public' }, async (pool) => {
    for (const statement of statementsFor(database)) await pool.run((sql) => sql.unsafe(statement));
  });
}

describe.skipIf(absent !== null)('a cluster of which one PostgreSQL server is restored to an earlier moment', () => {
  let cluster: ClusterUnderTest;
  let server: ServerProcess;
  let url: string;

  beforeAll(async () => {
    cluster = await ClusterUnderTest.make();
    server = await ServerProcess.start({ settings: cluster.settings });
    url = server.url;
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await cluster?.remove();
  }, 60_000);

  async function arrive(enter: (client: ParleyClient) => Promise<unknown>): Promise<ParleyClient> {
    const client = new ParleyClient({ url });
    await enter(client);
    client.connect();
    await client.live();
    return client;
  }

  test('is mended: what was there before is seen by those who were, who go on writing', async () => {
    const config = loadConfig(cluster.settings, {});
    const [restored] = postgresServers(config);
    if (!restored) throw new Error('there are two');
    const [ana, ben] = [
      await arrive((client) => client.signup({ username: 'ana', password })),
      await arrive((client) => client.signup({ username: 'ben', password })),
    ];
    const userIds = [ben.account?.id ?? ''];
    const before = [];
    for (let round = 0; round < rounds; round++) {
      const group = await ana.conversations.createGroup({ name: `group ${round}`, userIds });
      await group.send('before').sent();
      before.push(group.id);
    }
    for (const client of [ana, ben]) client.close();
    await server.stop();
    await beside(restored, (name) => [`CREATE DATABASE ${name}_backup TEMPLATE ${name}`]);

    server = await ServerProcess.start({ settings: cluster.settings });
    url = server.url;
    const again = await arrive((client) => client.login({ username: 'ana', password }));
    for (const conversationId of before) {
      await again.call('removeMember', { conversationId, userId: userIds[0] ?? '' });
    }
    for (let round = 0; round < rounds; round++) {
      const group = await again.conversations.createGroup({ name: `later ${round}`, userIds });
      await group.send('after').sent();
    }
    again.close();
    await server.stop();
    await beside(restored, (name) => [`DROP DATABASE ${name}`, `ALTER DATABASE ${name}_backup RENAME TO ${name}`]);

    const told: string[] = [];
    const found = await verifyCluster(config, { repair: false, tell: (line) => told.push(line) });
    expect([found.faults, told]).toEqual([told.length, told]);
    expect(found.faults).toBeGreaterThan(0);
    const repaired = await verifyCluster(config, { repair: true, tell: () => undefined });
    expect(repaired.faults).toBe(0);
    expect(repaired.mended).toBeGreaterThan(0);
    expect(await verifyCluster(config, { repair: true, tell: () => undefined })).toMatchObject({
      faults: 0,
      mended: 0,
    });

    server = await ServerProcess.start({ settings: cluster.settings });
    url = server.url;
    const back = await arrive((client) => client.login({ username: 'ana', password }));
    for (const conversationId of before) {
      const { entries } = await back.call('getHistory', { conversationId, after: 0, limit: 10 });
      expect(entries.some((entry) => entry.kind === 'message' && entry.text === 'before')).toBe(true);
      await back.call('sendMessage', { conversationId, clientMessageId: 'on', text: 'on' });
    }
    back.close();
    expect(await verifyCluster(config, { repair: false, tell: () => undefined })).toMatchObject({ faults: 0 });
  }, 180_000);
});
