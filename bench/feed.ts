// Measures the processor time that the feed and its follower add to a send. Processes and writes the same batches with
// and without the feed, alternating, in one run.
//   npx bun bench/feed.ts [--rounds 40] [--batch 40] [--batches 50] [--conversations 1000] [--cluster]
// --cluster: in PostgreSQL and Kafka with the services of `npm run services -- up`. This process does the work of a
// distributor; a process with the role followers reads the feed. The time of the brokers is not included, because other
// programs may use them.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
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
import { type GivenSettings, loadConfig } from '../packages/server/src/settings/settings.ts';
import { ClusterUnderTest } from '../packages/server/test/support/cluster-services.ts';
import { ServerProcess } from '../packages/server/test/support/server-process.ts';
import { machineLine } from './measure/machine.ts';
import { usedUs } from './measure/processor-time.ts';

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

/** Processor time in microseconds, by what used it: this process, PostgreSQL for it, followers, PostgreSQL for them. */
type OfOthers = Record<'postgres' | 'followers' | 'postgresOfFollowers', number>;
type Used = OfOthers & Record<'own' | 'elapsed', number>;

/** One of the two configurations that are compared. */
interface Side {
  decide(commands: readonly Command[]): Promise<void>;
  /** Resolves when all records are written to the feed and applied. */
  settle(): Promise<void>;
  /** The processor time so far of other processes. */
  others(): Promise<OfOthers>;
  close(): Promise<void>;
}

const nothingElse = { postgres: 0, followers: 0, postgresOfFollowers: 0 };

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
    settle: async () => {
      if (isFed) await settled(states);
    },
    others: async () => nothingElse,
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
  const { history, followerStates: states } = postgresStores(database);
  const writer = new KafkaFeedWriter(kafkaSettings(config));
  const ends = new Map<number, number>();
  // Flush as before a commit of positions.
  const flushing = setInterval(() => void writer.flush([]), 200);
  const followers = isFed ? await startFollowers(made.settings, states) : null;
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
    async settle() {
      await writer.flush([]);
      if (isFed) await settled(states);
    },
    async others() {
      const sessions = microsecondsOf(sessionsOf(config['cluster-name']));
      if (!followers) return { ...nothingElse, postgres: sessions };
      const postgresOfFollowers = microsecondsOf(followers.sessions);
      const used = microsecondsOf([followers.process.pid]);
      return { postgres: sessions - postgresOfFollowers, followers: used, postgresOfFollowers };
    },
    async close() {
      clearInterval(flushing);
      await followers?.process.stop();
      await writer.close();
      await database.close();
      await made.remove();
    },
  };
}

/** Starts a process with the role followers, and finds its PostgreSQL sessions: this process opens none meanwhile. */
async function startFollowers(settings: GivenSettings, states: FollowerStates) {
  const before = sessionsOf(settings['cluster-name'] ?? '');
  const process = await ServerProcess.start({ settings: { ...settings, roles: 'followers' } });
  await settled(states);
  return { process, sessions: sessionsOf(settings['cluster-name'] ?? '').filter((pid) => !before.includes(pid)) };
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

async function settled(states: FollowerStates): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (true) {
    const { lagRecords, unbuiltPartitions } = await states.report(totalsFollower);
    if (lagRecords === 0 && unbuiltPartitions === 0) return;
    if (performance.now() > endMs) throw new Error(`the follower is ${lagRecords} records behind after 60 s`);
    await Bun.sleep(250);
  }
}

/** The processes of PostgreSQL sessions, found by the database name in their command line. */
function sessionsOf(databaseName: string): number[] {
  return readdirSync('/proc')
    .filter((each) => /^\d+$/.test(each) && commandOf(each).includes(databaseName))
    .map(Number);
}

function microsecondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + usedUs(pid), 0);
}

function commandOf(pid: string): string {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.startsWith('postgres') ? command : '';
  } catch {
    return '';
  }
}

/** The microseconds of a send, including those of the follower. */
async function round(side: Side): Promise<Used> {
  const [own, others, startMs] = [process.cpuUsage(), await side.others(), performance.now()];
  for (let batch = 0; batch < batches; batch++) {
    await side.decide(
      Array.from({ length: batchSize }, () => send(conversationIds[next++ % conversationIds.length] ?? '')),
    );
  }
  await side.settle();
  const { user, system } = process.cpuUsage(own);
  const after = await side.others();
  const of = (us: number) => us / (batches * batchSize);
  return {
    own: of(user + system),
    postgres: of(after.postgres - others.postgres),
    followers: of(after.followers - others.followers),
    postgresOfFollowers: of(after.postgresOfFollowers - others.postgresOfFollowers),
    elapsed: of((performance.now() - startMs) * 1_000),
  };
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
const figures: Record<keyof typeof sides, Used[]> = { without: [], with: [] };
for (let count = 0; count < warmUpRounds + rounds; count++) {
  // Alternate which side goes first.
  const order = count % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const);
  for (const name of order) {
    const figure = await round(sides[name]);
    if (count >= warmUpRounds) figures[name].push(figure);
  }
}
const median = (side: keyof typeof sides, part: keyof Used) =>
  figures[side].map((used) => used[part]).toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
// The kernel counts the time of other processes in units of 10 ms, about that of a round.
const mean = (part: keyof Used) => figures.with.reduce((sum, used) => sum + used[part], 0) / rounds;
const decided = median('without', 'own') + median('without', 'postgres');
// The feed adds no statement to those of a batch.
const ofSender = median('with', 'own') - median('without', 'own');
const [followers, sessions] = [mean('followers'), mean('postgresOfFollowers')];
const percent = (us: number) => `${us.toFixed(1)} µs, ${((us / decided) * 100).toFixed(1)} %`;
console.log(machineLine());
console.log(
  `${values.cluster ? 'PostgreSQL and Kafka' : 'SQLite'}: medians of ${rounds} rounds of ${batches} batches of ` +
    `${batchSize}, ${conversationIds.length} conversations`,
);
console.log(`${Math.round(1e6 / mean('elapsed'))} sends a second, including the time until the follower applied them`);
console.log(`a send without the feed, processing and writing: ${decided.toFixed(1)} µs`);
console.log(`the feed adds where the commands are decided:    ${percent(ofSender)}`);
if (values.cluster) {
  console.log(`the process with the role followers:             ${percent(followers)}`);
  console.log(`PostgreSQL for this role:                        ${percent(sessions)}`);
  console.log(`all:                                             ${percent(ofSender + followers + sessions)}`);
}
for (const side of Object.values(sides)) await side.close();
process.exit(0);
