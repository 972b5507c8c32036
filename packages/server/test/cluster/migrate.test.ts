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
import { ConversationsUnderTest, fields } from '../contract/conversations-under-test.ts';
import { sqliteStores } from '../contract/sqlite-stores.ts';
import { createUser } from '../contract/users-under-test.ts';
import { ClusterUnderTest, clusterShards } from '../support/cluster-services.ts';
import { articles } from '../support/real-text.ts';
import { ServerProcess } from '../support/server-process.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { Witnesses } from '../support/witnesses.ts';
import { fillAmendments } from '../verification/sample.ts';

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
    await banSomebody(data);
    written++;
    const stores = sqliteStores(data);
    await fillAmendments(stores);
    await stores.close();
    dateAhead(join(data, databaseFile));
  });
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
        expect(result).toMatchObject({ conversations: 2, faults: [] });
        break;
      }
      expect(result).toBe('interrupted');
      interrupted++;
    }
    expect(interrupted).toBeGreaterThan(5);
  });

  test('every user keeps name, password, sessions and history, and the next user to sign up is not an administrator', async () => {
    const adapters = await clusterAdapters(config());
    try {
      const user = await adapters.users.byUsername('WRITER0');
      expect(user?.passwordHash).toStartWith('$argon2id$');
      expect(await adapters.users.sessions(user?.id ?? '')).toHaveLength(2);
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

  test('amendments, reactions, pins and the time limit for edits stay, and retries are recognised', async () => {
    const { history, conversations, users, serverSettings, close } = await clusterAdapters(config());
    const eva = (await users.byUsername('eva'))?.id ?? '';
    const { rows } = await conversations.homepage({ userId: eva, after: null, limit: 10, left: false });
    const [row] = rows;
    const id = row?.kind === 'own' ? row.conversation.head.id : '';
    const changes = await history.changes({ conversationId: id, after: 0, fromSeq: 1, limit: 10, textBytes: 1e6 });
    expect(changes.map(({ seq, revision }) => [seq, revision])).toEqual([
      ...[
        [2, 5],
        [5, 6],
        [6, 8],
        [3, 9],
      ],
    ]);
    expect(changes.at(-1)).toMatchObject({ deleted: { byId: eva } });
    expect((await history.pins(id)).map(({ seq }) => seq)).toEqual([5]);
    const reaction = { conversationId: id, seq: 2, emoji: '👍' };
    expect(await history.reactedUsers(reaction, { after: null, limit: 10 })).toHaveLength(2);
    expect(await serverSettings.readSettings()).toEqual({ editWindowMs: 86_400_000 });
    const retried = new ConversationsUnderTest({ history, conversations });
    const edit = { kind: 'edit', seq: 2, text: 'second draft', acceptedAtMs: 0 } as const;
    const { outcomes } = await retried.carryOut({
      conversationId: id,
      actorId: eva,
      commandId: 'amendment 4',
      ...edit,
    });
    expect(outcomes).toEqual([{ kind: 'amended', seq: 2, revision: 3 }]);
    await close();
  });

  test('known devices and addresses stay known', async () => {
    const source = new Export(join(data, databaseFile));
    const devices = [...source.pages(deviceSecretsTable)].flat();
    source.close();
    // One address for each user; the first one has two devices.
    expect(devices).toHaveLength(2 * people + 1);
    const { users, close } = await clusterAdapters(config());
    for (const { user_id, secret_hash } of devices) {
      expect(await users.knownDevice(String(user_id), [String(secret_hash)])).toBe(String(secret_hash));
    }
    await close();
  });

  test('bans stay in force', async () => {
    const [source, copied] = [sqliteStores(data), await clusterAdapters(config())];
    const page = { before: null, limit: 10 };
    const user = await source.users.byUsername('writer0');
    const { rows } = await source.conversations.homepage({
      userId: user?.id ?? '',
      after: null,
      limit: 1,
      left: false,
    });
    const [row] = rows;
    const id = row?.kind === 'own' ? row.conversation.head.id : '';
    const bans = await source.conversations.bans(id, page);
    expect(bans).toHaveLength(1);
    expect(await copied.conversations.bans(id, page)).toEqual(bans);
    await Promise.all([source.close(), copied.close()]);
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

/** The first writer bans a new user from the group of all writers. */
async function banSomebody(folder: string): Promise<void> {
  const stores = sqliteStores(folder);
  const { id: userId } = await createUser(stores.users, 'banned');
  const writer = await stores.users.byUsername('writer0');
  const actorId = writer?.id ?? '';
  const { rows } = await stores.conversations.homepage({ userId: actorId, after: null, limit: 1, left: false });
  const conversations = new ConversationsUnderTest(stores);
  conversations.nowMs = Date.now();
  for (const row of rows) {
    if (row.kind !== 'own') continue;
    await conversations.entryOf({ ...fields(row.conversation.head.id, actorId), kind: 'ban', userId });
  }
  await stores.close();
}

/** Leaves data as if the clock had been ahead for a moment and is right again. */
function dateAhead(file: string): void {
  const database = new Database(file);
  database.run('INSERT INTO activity_times SELECT id, head_seq, ? FROM conversations', [listedAtMs]);
  database.close();
}
