import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFile } from '../../packages/server/src/adapters/sqlite/database.ts';
import type { GroupCommitParts } from '../../packages/server/src/adapters/sqlite/group-commit.ts';
import { openSqliteStores, type SqliteStores } from '../../packages/server/src/adapters/sqlite/stores.ts';
import type { Command } from '../../packages/server/src/conversations/command.ts';
import { systemClock } from '../../packages/server/src/platform/clock.ts';
import { ConversationsUnderTest } from '../../packages/server/test/contract/conversations-under-test.ts';
import { Latencies } from '../measure/latencies.ts';
import { latencyColumns } from '../measure/measured.ts';
import type { Outcome, Parameters, Row, Scenario } from '../scenario.ts';

const text = 'x'.repeat(200);
const withoutSync = { sync: async () => undefined, close: () => undefined };

export const store: Scenario = {
  name: 'store',
  summary: 'The SQLite stores alone: batches of sends, with and without waiting for the disk.',
  shapes: ['embedded'],
  options: {
    batches: { default: '500', help: 'batches that are written' },
    messages: { default: '200', help: 'messages in a batch' },
    conversations: { default: '100', help: 'conversations that the messages of a batch are in' },
  },
  quick: { batches: '100' },
  async run(parameters): Promise<Outcome> {
    const rows = [
      await withStores({}, (stores) => measured('until on disk', stores, parameters)),
      await withStores({ disk: withoutSync }, (stores) => measured('without syncs', stores, parameters)),
    ];
    return { rows, ratios: {} };
  },
};

async function withStores<Result>(
  parts: Pick<GroupCommitParts, 'disk'>,
  measure: (stores: SqliteStores) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-store-'));
  const file = join(folder, databaseFile);
  const stores = openSqliteStores(file, { ...parts, clock: systemClock, reportFailure: console.error });
  try {
    return await measure(stores);
  } finally {
    await stores.close();
    rmSync(folder, { recursive: true });
  }
}

async function measured(writing: string, stores: SqliteStores, parameters: Parameters): Promise<Row> {
  const [batches, messages] = [parameters.number('batches', 1, 100_000), parameters.number('messages', 1, 10_000)];
  const conversations = new ConversationsUnderTest(stores);
  const senderId = Bun.randomUUIDv7();
  const conversationIds: string[] = [];
  while (conversationIds.length < parameters.number('conversations', 1, 10_000)) {
    conversationIds.push(await conversations.create(senderId, { userIds: [Bun.randomUUIDv7()] }));
  }
  const latencies = new Latencies();
  const before = process.cpuUsage();
  for (let batch = 0; batch < batches; batch++) {
    const commands = Array.from({ length: messages }, (_, index) =>
      send(conversationIds[index % conversationIds.length] ?? '', senderId),
    );
    const startMs = performance.now();
    const { outcomes } = await conversations.carryOut(...commands);
    latencies.add(performance.now() - startMs);
    const failed = outcomes.find(({ kind }) => kind !== 'done');
    if (failed) throw new Error(`a send resulted in ${JSON.stringify(failed)}`);
  }
  const { user, system } = process.cpuUsage(before);
  return {
    ...{ writing, batches, 'messages in a batch': messages, 'µs a message': (user + system) / (batches * messages) },
    ...latencyColumns('batch', latencies),
  };
}

function send(conversationId: string, actorId: string): Command {
  return { kind: 'send', conversationId, actorId, commandId: Bun.randomUUIDv7(), text };
}
