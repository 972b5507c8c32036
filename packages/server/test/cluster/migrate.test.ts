import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviceSecretsTable } from '../../src/adapters/rows/account-tables.ts';
import { databaseFile } from '../../src/adapters/sqlite/database.ts';
import { Export } from '../../src/adapters/sqlite/export.ts';
import { clusterAdapters } from '../../src/compose/cluster.ts';
import { shardLocations } from '../../src/compose/cluster-administration.ts';
import { migrateToCluster } from '../../src/compose/migrate.ts';
import { loadConfig } from '../../src/settings/settings.ts';
import { ClusterUnderTest, clusterShards } from '../support/cluster-services.ts';
import { articles } from '../support/real-text.ts';
import { ServerProcess } from '../support/server-process.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { Witnesses } from '../support/witnesses.ts';

const people = 5;
const listedAtMs = Date.UTC(2026, 0, 1);
const absent = withoutService('kafka') ?? withoutService('postgres') ?? withoutService('redis');
describe.skipIf(absent !== null)(titleWith('migration from an embedded server to a cluster', absent), () => {
  let data: string;
  let cluster: ClusterUnderTest;
  let written = 0;

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'parley-migrate-'));
    cluster = await ClusterUnderTest.make();
    const server = await ServerProcess.start({ settings: { data } });
    const witnesses = await Witnesses.gather(people, () => server.url);
    await witnesses.say(articles().slice(0, 500));
    witnesses.write();
    await witnesses.untilAcknowledged(500);
    await witnesses.stopWriting();
    written = (await witnesses.agree()).length;
    witnesses.leave();
    await server.stop();
    dateAhead(join(data, databaseFile));
  }, 120_000);
  afterAll(async () => {
    await cluster.remove();
    rmSync(data, { recursive: true, force: true });
  });

  const config = () => loadConfig(cluster.settings, {});

  test('a migration that was interrupted at any table can be repeated, with the same result', async () => {
    let interrupted = 0;
    for (let steps = 1; ; steps++) {
      let left = steps;
      const tell = () => {
        if (left-- === 0) throw new Error('interrupted');
      };
      const result = await migrateToCluster(data, config(), tell).catch((error: Error) => error.message);
      if (typeof result !== 'string') {
        expect(result).toMatchObject({ conversations: 1, faults: [] });
        break;
      }
      expect(result).toBe('interrupted');
      interrupted++;
    }
    expect(interrupted).toBeGreaterThan(5);
  }, 120_000);

  test('every user keeps name, password, sessions and history, and the next user to sign up is not an administrator', async () => {
    const adapters = await clusterAdapters(config());
    try {
      const user = await adapters.users.byUsername('WRITER0');
      expect(user?.passwordHash).toStartWith('$argon2id$');
      expect(await adapters.users.sessions(user?.id ?? '')).toHaveLength(1);
      expect(await adapters.users.isEmpty()).toBe(false);
      const { rows } = await adapters.conversations.homepage({
        userId: user?.id ?? '',
        after: null,
        limit: 10,
        left: true,
      });
      const [row] = rows;
      expect(row?.kind === 'own' && row.conversation.head).toMatchObject({
        headSeq: written,
        memberCount: people,
        lastEntryAtMs: listedAtMs,
      });
    } finally {
      await adapters.close();
    }
  });

  test('known devices stay known', async () => {
    const source = new Export(join(data, databaseFile));
    const devices = [...source.pages(deviceSecretsTable)].flat();
    source.close();
    expect(devices).toHaveLength(people);
    const { users, close } = await clusterAdapters(config());
    for (const { user_id, secret_hash } of devices) {
      expect(await users.knownDevice(String(user_id), [String(secret_hash)])).toBe(String(secret_hash));
    }
    await close();
  });

  test('every shard has the epoch of the data folder, so clients continue where they were', async () => {
    const source = new Export(join(data, databaseFile));
    const epochs = (await shardLocations(config())).map(({ epoch }) => epoch);
    expect(epochs).toEqual(Array.from({ length: clusterShards }, () => source.epoch));
    source.close();
  });

  test('refuses a cluster that has accounts', async () => {
    const adapters = await clusterAdapters(config());
    await adapters.users.create({
      user: { id: 'stranger', username: 'stranger', displayName: '', passwordHash: '', createdAtMs: 0 },
      administrator: false,
      invitation: null,
    });
    await adapters.close();
    await expect(migrateToCluster(data, config(), () => undefined)).rejects.toThrow('has accounts of its own');
  });
});

/** Leaves data as if the clock had been ahead for a moment and is right again. */
function dateAhead(file: string): void {
  const database = new Database(file);
  database.run('INSERT INTO activity_times SELECT id, head_seq, ? FROM conversations', [listedAtMs]);
  database.close();
}
