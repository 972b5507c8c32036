// The homepage of users in few and in many conversations, in both shapes: one page, and all pages to the end.
//   npx bun bench/homepage.ts [--conversations 10,1000,5000] [--ended 5000] [--pages 500] [--shape embedded|cluster]
//
// `--ended`: how many ended memberships the user has in addition. The cluster's stores are two databases of the
// PostgreSQL server that `npm run services -- up` started, with 64 shards.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { initialise } from '../packages/server/src/adapters/postgres/initialise.ts';
import { ShardedDatabase } from '../packages/server/src/adapters/postgres/sharded-database.ts';
import { postgresStores } from '../packages/server/src/adapters/postgres/stores.ts';
import { databaseFile } from '../packages/server/src/adapters/sqlite/database.ts';
import { openSqliteStores } from '../packages/server/src/adapters/sqlite/stores.ts';
import type { Command } from '../packages/server/src/conversations/command.ts';
import { serverCommandId } from '../packages/server/src/conversations/command-fields.ts';
import type {
  ConversationStore,
  HomepagePosition,
  HomepageRow,
} from '../packages/server/src/conversations/conversations-port.ts';
import type { HistoryStore } from '../packages/server/src/history/history-port.ts';
import { systemClock } from '../packages/server/src/platform/clock.ts';
import { systemIds } from '../packages/server/src/platform/ids.ts';
import { ConversationsUnderTest, fields, newIds } from '../packages/server/test/contract/conversations-under-test.ts';
import { dropDatabases, newDatabase, sharedServices } from '../packages/server/test/support/cluster-services.ts';
import { machine } from './bench-server.ts';
import { Latencies } from './latencies.ts';

const { values } = parseArgs({
  options: {
    conversations: { type: 'string', default: '10,1000,5000' },
    ended: { type: 'string', default: '5000' },
    pages: { type: 'string', default: '500' },
    shape: { type: 'string' },
  },
});
const pageSize = 50;
const batchSize = 100;
const shards = 64;
const text = 'x'.repeat(200);

interface Stores {
  history: HistoryStore;
  conversations: ConversationStore;
  /** Processor time that the store has used so far outside this process. */
  cpuMs(): Promise<number>;
}

const shapes = { embedded: withSqlite, cluster: withPostgres };

console.log(machine());
for (const [shape, withStores] of Object.entries(shapes)) {
  if (values.shape !== undefined && values.shape !== shape) continue;
  console.log(`${shape}: a page of ${pageSize}; ${values.ended} ended memberships in addition`);
  for (const count of values.conversations.split(',').map(Number)) {
    await withStores(async (stores) => {
      const userId = systemIds.uuid();
      await makeConversations(stores, userId, count, Number(values.ended));
      const [first, middle, all, cpuMs] = await measured(stores, userId, count);
      console.log(`  of ${String(count).padStart(5)}, the first         ${first}`);
      console.log(`  of ${String(count).padStart(5)}, from the middle on ${middle}`);
      console.log(`  of ${String(count).padStart(5)}, to the end        ${all}`);
      console.log(`  of ${String(count).padStart(5)}, a page            ${cpuMs.toFixed(1)} ms of processor time`);
    });
  }
}

async function measured(
  { conversations, cpuMs }: Stores,
  userId: string,
  count: number,
): Promise<[Latencies, Latencies, Latencies, number]> {
  const page = async (after: HomepagePosition | null) =>
    (await conversations.homepage({ userId, after, limit: pageSize, left: false })).rows;
  const [first, middle, all] = [new Latencies(), new Latencies(), new Latencies()];
  const order: HomepagePosition[] = [];
  for (let round = 0; round < 3; round++) {
    const startMs = performance.now();
    order.length = 0;
    for (let rows = await page(null); rows.length > 0; rows = await page(order.at(-1) ?? null)) {
      order.push(...rows.filter((row) => row.kind === 'own').map(positionOf));
    }
    if (order.length !== count) throw new Error(`the pages had ${order.length} conversations, not ${count}`);
    all.add(performance.now() - startMs);
  }
  const startCpuMs = ownCpuMs() + (await cpuMs());
  for (let each = 0; each < Number(values.pages); each++) {
    for (const [after, latencies] of [[null, first] as const, [order[count >> 1] ?? null, middle] as const]) {
      const startMs = performance.now();
      await page(after);
      latencies.add(performance.now() - startMs);
    }
  }
  return [first, middle, all, (ownCpuMs() + (await cpuMs()) - startCpuMs) / (first.count + middle.count)];
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function positionOf(row: HomepageRow): HomepagePosition {
  return { atMs: row.atMs, conversationId: row.kind === 'own' ? row.conversation.head.id : row.conversationId };
}

/** Creates groups of six members with a message each, and groups that the user has left. */
async function makeConversations(stores: Stores, userId: string, count: number, ended: number): Promise<void> {
  const made = new ConversationsUnderTest(stores);
  for (let first = 0; first < count; first += batchSize) {
    const ids = newIds(Math.min(batchSize, count - first));
    made.nowMs = first + 1;
    await made.carryOut(...ids.map((id) => create(id, userId)));
    made.nowMs++;
    await made.carryOut(...ids.map((id) => send(id, userId)));
  }
  for (let first = 0; first < ended; first += batchSize) {
    const ids = newIds(Math.min(batchSize, ended - first));
    const { outcomes } = await made.carryOut(...ids.map((id) => create(id, systemIds.uuid(), [userId])));
    outcomes.push(
      ...(await made.carryOut(...ids.map((id): Command => ({ ...fields(id, userId), kind: 'leave' })))).outcomes,
    );
    if (outcomes.some(({ kind }) => kind !== 'done')) throw new Error('the user could not leave a group');
  }
}

function create(conversationId: string, actorId: string, others: string[] = []): Command {
  return {
    ...{ kind: 'create', conversationId, actorId, commandId: serverCommandId('create') },
    ...{ conversationKind: 'group', name: 'Some name', description: '', announceOnly: false, history: 'all' },
    userIds: [...others, ...newIds(5 - others.length)],
  };
}

function send(conversationId: string, actorId: string): Command {
  return { kind: 'send', conversationId, actorId, commandId: systemIds.uuid(), text };
}

async function withSqlite(measure: (stores: Stores) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-homepage-'));
  const disk = { sync: async () => undefined, close: () => undefined };
  const file = join(folder, databaseFile);
  const stores = openSqliteStores(file, { disk, clock: systemClock, reportFailure: console.error });
  await measure({ ...stores, cpuMs: async () => 0 });
  await stores.close();
  rmSync(folder, { recursive: true });
}

async function withPostgres(measure: (stores: Stores) => Promise<void>): Promise<void> {
  const name = `bench_${systemIds.uuid().slice(-12)}`;
  const servers = await Promise.all(
    ['one', 'two'].map(async (server) => ({
      name: server,
      url: await newDatabase(sharedServices().postgres, `${name}_${server}`),
      schema: 'parley',
    })),
  );
  await initialise(servers, shards);
  const database = await ShardedDatabase.open(servers);
  await measure({
    ...postgresStores(database),
    async cpuMs() {
      const sessions = await database.everywhere(
        (sql) => sql<{ pid: number }[]>`SELECT pid FROM pg_stat_activity WHERE datname = current_database()`,
      );
      // The first figure of each PostgreSQL session's process is its processor time in nanoseconds.
      const times = sessions.flat().map(({ pid }) =>
        Bun.file(`/proc/${pid}/schedstat`)
          .text()
          .catch(() => '0'),
      );
      return (await Promise.all(times)).reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0);
    },
  });
  await database.close();
  await dropDatabases(servers);
}
