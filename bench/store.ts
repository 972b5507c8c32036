// The SQLite stores alone: what a batch of sends costs, and a page of the homepage of somebody in many conversations.
//   npx bun bench/store.ts [--batches 500] [--homepage-conversations 5000] [--pages 1000]
//
// 2 shared cores (AMD EPYC), Bun 1.4.5, worst of three runs with other work on the machine:
//   batch of 200 sends over 100 conversations, until on disk   p50 6.1, p99 15.4 ms
//   the same, on the event loop                                p50 3.8, p99 27.5 ms (a checkpoint within the commit)
//   first page of 5,000 conversations                          p50 2.8, p99 4.6 ms
//   page from the middle of them on                            p50 2.4, p99 3.8 ms
// Of a batch, writing the pages to the log is 2.2 ms, loading facts 0.4, inserting entries 0.6: prepared statements of
// one row. By json_each, facts take 0.5 and entries 1.5 ms.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SqliteConversationStore } from '../packages/server/src/adapters/sqlite/conversation-store.ts';
import { databaseFile, openDatabase } from '../packages/server/src/adapters/sqlite/database.ts';
import { GroupCommit } from '../packages/server/src/adapters/sqlite/group-commit.ts';
import { SqliteHistoryStore } from '../packages/server/src/adapters/sqlite/history-store.ts';
import { SqliteReadPositions } from '../packages/server/src/adapters/sqlite/read-positions.ts';
import type { Command } from '../packages/server/src/conversations/command.ts';
import { systemClock } from '../packages/server/src/platform/clock.ts';
import { systemIds } from '../packages/server/src/platform/ids.ts';
import { ConversationsUnderTest, newIds } from '../packages/server/test/contract/conversations-under-test.ts';
import { machine } from './bench-server.ts';
import { Latencies } from './latencies.ts';

const { values } = parseArgs({
  options: {
    batches: { type: 'string', default: '500' },
    'homepage-conversations': { type: 'string', default: '5000' },
    pages: { type: 'string', default: '1000' },
  },
});
const text = 'x'.repeat(200);
const conversationsInBatch = 100;
const sendsInBatch = 200;

console.log(machine());
const withoutSync = { sync: async () => undefined, close: () => undefined };
console.log(`batch of ${sendsInBatch} sends over ${conversationsInBatch} conversations`);
console.log(`  until on disk        ${await withStores({}, batches)}`);
console.log(`  on the event loop    ${await withStores({ disk: withoutSync }, batches)}`);
console.log(`page of 50 of a homepage of ${values['homepage-conversations']} conversations`);
for (const [name, latencies] of await withStores({ disk: withoutSync }, homepages)) {
  console.log(`  ${name.padEnd(20)} ${latencies}`);
}

interface Stores {
  history: SqliteHistoryStore;
  conversations: SqliteConversationStore;
}

async function withStores<Result>(
  parts: ConstructorParameters<typeof GroupCommit>[1],
  measure: (stores: Stores) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-store-'));
  const writes = new GroupCommit(openDatabase(join(folder, databaseFile)), parts);
  const positions = new SqliteReadPositions(writes, systemClock, console.error);
  const result = await measure({
    history: new SqliteHistoryStore(writes),
    conversations: new SqliteConversationStore(writes, positions),
  });
  await positions.flush();
  await writes.close();
  rmSync(folder, { recursive: true });
  return result;
}

async function batches(stores: Stores): Promise<Latencies> {
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

async function homepages(stores: Stores): Promise<[string, Latencies][]> {
  const conversations = new ConversationsUnderTest(stores);
  const userId = systemIds.uuid();
  for (let count = 0; count < Number(values['homepage-conversations']); count++) {
    conversations.nowMs++;
    const conversationId =
      count % 2 === 0
        ? await conversations.create(userId, { userIds: newIds(5) })
        : await conversations.openDirect(userId, systemIds.uuid());
    await conversations.send(conversationId, userId, text);
  }
  const middle = { atMs: conversations.nowMs - Number(values['homepage-conversations']) / 2, conversationId: '' };
  const first = new Latencies();
  const later = new Latencies();
  for (let page = 0; page < Number(values.pages); page++) {
    for (const [after, latencies] of [[null, first] as const, [middle, later] as const]) {
      const startMs = performance.now();
      const rows = await stores.conversations.homepage({ userId, after, limit: 50 });
      latencies.add(performance.now() - startMs);
      if (rows.length !== 50) throw new Error(`a page had ${rows.length} rows`);
    }
  }
  return [
    ['first page', first],
    ['from the middle on', later],
  ];
}
