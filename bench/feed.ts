// Measures the CPU time that the feed and its follower add to a send. Processes and writes the same batches with and
// without the feed, alternating, in one run.
//   npx bun bench/feed.ts [--rounds 40] [--batch 40] [--batches 50] [--conversations 1000] [--cluster]
// --cluster: in PostgreSQL and Kafka, as a distributor does, with the services of `npm run services -- up`. Includes
// the CPU time of the PostgreSQL processes of these databases, but not that of Kafka, which other programs may use.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KafkaFeed } from '../packages/server/src/adapters/kafka/feed.ts';
import { KafkaFeedWriter } from '../packages/server/src/adapters/kafka/feed-writer.ts';
import { ShardedDatabase } from '../packages/server/src/adapters/postgres/sharded-database.ts';
import { postgresStores } from '../packages/server/src/adapters/postgres/stores.ts';
import type { SqliteFeed } from '../packages/server/src/adapters/sqlite/feed.ts';
import { SqliteHistoryStore } from '../packages/server/src/adapters/sqlite/history-store.ts';
import { openSqliteStores } from '../packages/server/src/adapters/sqlite/stores.ts';
import type { Adapters } from '../packages/server/src/compose/adapters.ts';
import { kafkaSettings, postgresServers } from '../packages/server/src/compose/cluster.ts';
import type { Command } from '../packages/server/src/conversations/command.ts';
import { decideBatch } from '../packages/server/src/distribution/decide-batch.ts';
import { factsNeeded } from '../packages/server/src/distribution/facts-needed.ts';
import { feedParts } from '../packages/server/src/distribution/feed-parts.ts';
import type { FollowerStates } from '../packages/server/src/followers/follower.ts';
import { noFollowerMetrics } from '../packages/server/src/followers/follower-metrics.ts';
import { FollowerRunner } from '../packages/server/src/followers/follower-runner.ts';
import { TotalsFollower } from '../packages/server/src/followers/totals/totals-follower.ts';
import { totalsFollower } from '../packages/server/src/followers/totals/totals-port.ts';
import type { HistoryStore, LogReach } from '../packages/server/src/history/history-port.ts';
import { systemClock } from '../packages/server/src/platform/clock.ts';
import { loadConfig } from '../packages/server/src/settings/settings.ts';
import { ClusterUnderTest } from '../packages/server/test/support/cluster-services.ts';
import { cpuSecondsOf, machine } from './bench-server.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '40' },
    batch: { type: 'string', default: '40' },
    batches: { type: 'string', default: '50' },
    conversations: { type: 'string', default: '1000' },
    cluster: { type: 'boolean', default: false },
  },
});
const [rounds, batchSize, batches] = [Number(values.rounds), Number(values.batch), Number(values.batches)];
const sender = Bun.randomUUIDv7();
const conversationIds = Array.from({ length: Number(values.conversations) }, () => Bun.randomUUIDv7());
const warmUpRounds = 4;

/** One of the two configurations that are compared. */
interface Side {
  decide(commands: readonly Command[]): Promise<void>;
  /** Resolves when all records are written to the feed and applied. */
  settle(): Promise<void>;
  /** The CPU seconds of the other processes. */
  otherSeconds(): Promise<number>;
  close(): Promise<void>;
}

const create = (conversationId: string): Command => ({
  ...{ conversationId, actorId: sender, commandId: 'create', kind: 'create', conversationKind: 'group', name: 'bench' },
  ...{ description: '', announceOnly: false, history: 'all', userIds: [] },
});
const send = (conversationId: string): Command => ({
  ...{ conversationId, actorId: sender, commandId: Bun.randomUUIDv7(), kind: 'send', text: 'x'.repeat(200) },
});

type Followed = Pick<Adapters, 'totals' | 'feed' | 'followerStates'>;

/** Discards all parts. */
const unfed = { append: () => undefined } as unknown as SqliteFeed;

async function embedded(isFed: boolean): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-feed-'));
  const stores = openSqliteStores(join(folder, 'parley.db'), { clock: systemClock, reportFailure: console.error });
  const { followerStates: states } = stores;
  const history = isFed ? stores.history : new SqliteHistoryStore(stores.writes, unfed);
  const runner = isFed ? await follow(stores) : null;
  return {
    decide: async (commands) => void (await apply(history, commands, [])),
    settle: () => settled(runner, states),
    otherSeconds: async () => 0,
    async close() {
      await runner?.stop();
      await stores.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function cluster(isFed: boolean): Promise<Side> {
  const made = await ClusterUnderTest.make();
  const config = loadConfig(made.settings, {});
  const database = await ShardedDatabase.open(postgresServers(config));
  const stores = postgresStores(database);
  const { history, followerStates: states } = stores;
  const writer = new KafkaFeedWriter(kafkaSettings(config));
  const runner = isFed ? await follow({ ...stores, feed: new KafkaFeed(kafkaSettings(config)) }) : null;
  const ends = new Map<number, number>();
  // Flush as before a commit of positions.
  const flushing = setInterval(() => void writer.flush([]), 200);
  return {
    async decide(commands) {
      const from = new Map(ends);
      const records = commands.map((command) => {
        const partition = database.shardOf(command.conversationId);
        const position = ends.get(partition) ?? 0;
        ends.set(partition, position + 1);
        return { command, at: { partition, position }, replyTo: { serverId: '', requestId: '' } };
      });
      const reaches = [...new Set(records.map(({ at }) => at.partition))].map((partition) => {
        return { partition, logId: 'bench', from: from.get(partition) ?? 0, to: ends.get(partition) ?? 0 };
      });
      const batch = { records, reaches };
      const result = await history.apply(factsNeeded(batch), (facts) => decideBatch(facts, batch, Date.now()));
      if (isFed) await writer.append(feedParts(batch, result));
    },
    settle: async () => {
      await writer.flush([]);
      await settled(runner, states);
    },
    otherSeconds: () => secondsOfBackends(config['cluster-name']),
    async close() {
      clearInterval(flushing);
      await runner?.stop();
      await writer.close();
      await database.close();
      await made.remove();
    },
  };
}

async function apply(history: HistoryStore, commands: readonly Command[], reaches: readonly LogReach[]) {
  const batch = { records: commands.map((command) => ({ command })), reaches };
  return history.apply(factsNeeded(batch), (facts) => decideBatch(facts, batch, Date.now()));
}

async function follow({ totals, feed, followerStates }: Followed): Promise<FollowerRunner> {
  const runner = new FollowerRunner({
    ...{ follower: new TotalsFollower(totals), feed, states: followerStates, clock: systemClock },
    ...{ metrics: noFollowerMetrics, reportFailure: console.error },
  });
  await runner.start();
  return runner;
}

async function settled(runner: FollowerRunner | null, states: FollowerStates): Promise<void> {
  if (!runner) return;
  const endMs = performance.now() + 30_000;
  while (true) {
    const { lagRecords, unbuiltPartitions } = await states.report(totalsFollower);
    if (lagRecords === 0 && unbuiltPartitions === 0) return;
    if (performance.now() > endMs) throw new Error(`the follower is ${lagRecords} records behind after 30 s`);
    await Bun.sleep(250);
  }
}

/** Finds the processes by the database name in their command line. */
async function secondsOfBackends(name: string): Promise<number> {
  const pids = readdirSync('/proc').filter((each) => /^\d+$/.test(each) && commandOf(each).includes(name));
  const seconds = await Promise.all(pids.map((pid) => cpuSecondsOf(Number(pid))));
  return seconds.reduce((sum, each) => sum + each, 0);
}

function commandOf(pid: string): string {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.startsWith('postgres') ? command : '';
  } catch {
    return '';
  }
}

/** The CPU microseconds of a send, including those of the follower. */
async function round(side: Side): Promise<number> {
  const [own, others] = [process.cpuUsage(), await side.otherSeconds()];
  for (let batch = 0; batch < batches; batch++) {
    await side.decide(
      Array.from({ length: batchSize }, () => send(conversationIds[next++ % conversationIds.length] ?? '')),
    );
  }
  await side.settle();
  const { user, system } = process.cpuUsage(own);
  return (user + system + ((await side.otherSeconds()) - others) * 1e6) / (batches * batchSize);
}

let next = 0;
const open = values.cluster ? cluster : embedded;
const sides = { without: await open(false), with: await open(true) };
for (const side of Object.values(sides)) {
  for (let first = 0; first < conversationIds.length; first += 500) {
    await side.decide(conversationIds.slice(first, first + 500).map(create));
  }
  await side.settle();
}
const figures: Record<keyof typeof sides, number[]> = { without: [], with: [] };
for (let count = 0; count < warmUpRounds + rounds; count++) {
  // Alternate which side goes first.
  const order = count % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const);
  for (const name of order) {
    const figure = await round(sides[name]);
    if (count >= warmUpRounds) figures[name].push(figure);
  }
}
const mean = (list: readonly number[]) => list.reduce((sum, each) => sum + each, 0) / list.length;
const [without, withFeed] = [mean(figures.without), mean(figures.with)];
console.log(machine());
console.log(
  `${values.cluster ? 'PostgreSQL and Kafka' : 'SQLite'}: ${rounds} rounds of ${batches} batches of ${batchSize}, ` +
    `${conversationIds.length} conversations`,
);
console.log(
  `without ${without.toFixed(1)} µs, with ${withFeed.toFixed(1)} µs a send: ${(withFeed - without).toFixed(1)} µs more, ` +
    `${((withFeed / without - 1) * 100).toFixed(1)} % of processing and writing`,
);
for (const side of Object.values(sides)) await side.close();
process.exit(0);
