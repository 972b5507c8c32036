// The SQLite stores alone: the cost of a batch of sends.
//   npx bun bench/store.ts [--batches 500]
//
// 2 shared cores (AMD EPYC), Bun 1.4.5, worst of three runs with other work on the machine:
//   batch of 200 sends over 100 conversations, until on disk   p50 6.1, p99 15.4 ms
//   the same, on the event loop                                p50 3.8, p99 27.5 ms (a checkpoint within the commit)
// In a batch, writing the pages to the log takes 2.2 ms, loading facts 0.4, inserting entries 0.6, with prepared
// statements of one row each. With json_each, facts take 0.5 and entries 1.5 ms.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { databaseFile } from '../packages/server/src/adapters/sqlite/database.ts';
import type { GroupCommitParts } from '../packages/server/src/adapters/sqlite/group-commit.ts';
import { openSqliteStores, type SqliteStores } from '../packages/server/src/adapters/sqlite/stores.ts';
import type { Command } from '../packages/server/src/conversations/command.ts';
import { systemClock } from '../packages/server/src/platform/clock.ts';
import { systemIds } from '../packages/server/src/platform/ids.ts';
import { ConversationsUnderTest, newIds } from '../packages/server/test/contract/conversations-under-test.ts';
import { Latencies } from './measure/latencies.ts';
import { machineLine } from './measure/machine.ts';

const { values } = parseArgs({
  options: {
    batches: { type: 'string', default: '500' },
  },
});
const text = 'x'.repeat(200);
const conversationsInBatch = 100;
const sendsInBatch = 200;

console.log(machineLine());
const withoutSync = { sync: async () => undefined, close: () => undefined };
console.log(`batch of ${sendsInBatch} sends over ${conversationsInBatch} conversations`);
console.log(`  until on disk        ${shown(await withStores({}, batches))}`);
console.log(`  on the event loop    ${shown(await withStores({ disk: withoutSync }, batches))}`);

function shown(latencies: Latencies): string {
  const [median, high, most] = [50, 99, 100].map((percent) => latencies.percentile(percent).toFixed(1));
  return `p50 ${median}, p99 ${high}, max ${most} ms`;
}

async function withStores<Result>(
  parts: Pick<GroupCommitParts, 'disk'>,
  measure: (stores: SqliteStores) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-store-'));
  const file = join(folder, databaseFile);
  const stores = openSqliteStores(file, { ...parts, clock: systemClock, reportFailure: console.error });
  const result = await measure(stores);
  await stores.close();
  rmSync(folder, { recursive: true });
  return result;
}

async function batches(stores: SqliteStores): Promise<Latencies> {
  const conversations = new ConversationsUnderTest(stores);
  const senderId = systemIds.uuid();
  const conversationIds: string[] = [];
  while (conversationIds.length < conversationsInBatch) {
    conversationIds.push(await conversations.create(senderId, { userIds: newIds(1) }));
  }
  const latencies = new Latencies();
  for (let batch = 0; batch < Number(values.batches); batch++) {
    const commands = Array.from({ length: sendsInBatch }, (_, index) =>
      send(conversationIds[index % conversationsInBatch] ?? '', senderId),
    );
    const startMs = performance.now();
    await conversations.carryOut(...commands);
    latencies.add(performance.now() - startMs);
  }
  return latencies;
}

function send(conversationId: string, actorId: string): Command {
  return { kind: 'send', conversationId, actorId, commandId: systemIds.uuid(), text };
}
