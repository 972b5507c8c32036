// What decides and writes batches of commands, with or without a feed that a follower reads.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaFeedWriter } from '../../packages/server/src/adapters/kafka/feed-writer.ts';
import { ShardedDatabase } from '../../packages/server/src/adapters/postgres/sharded-database.ts';
import { postgresStores } from '../../packages/server/src/adapters/postgres/stores.ts';
import type { SqliteFeed } from '../../packages/server/src/adapters/sqlite/feed.ts';
import { SqliteHistoryStore } from '../../packages/server/src/adapters/sqlite/history-store.ts';
import { openSqliteStores, type SqliteStores } from '../../packages/server/src/adapters/sqlite/stores.ts';
import { kafkaSettings, postgresServers } from '../../packages/server/src/compose/cluster.ts';
import type { Command } from '../../packages/server/src/conversations/command.ts';
import { decideBatch } from '../../packages/server/src/distribution/decide-batch.ts';
import { factsNeeded } from '../../packages/server/src/distribution/facts-needed.ts';
import { feedParts } from '../../packages/server/src/distribution/feed-parts.ts';
import type { FollowerStates } from '../../packages/server/src/followers/follower.ts';
import { noFollowerMetrics } from '../../packages/server/src/followers/follower-metrics.ts';
import { FollowerRunner } from '../../packages/server/src/followers/follower-runner.ts';
import { TotalsFollower } from '../../packages/server/src/followers/totals/totals-follower.ts';
import { totalsFollower } from '../../packages/server/src/followers/totals/totals-port.ts';
import { systemClock } from '../../packages/server/src/platform/clock.ts';
import { type GivenSettings, loadConfig } from '../../packages/server/src/settings/settings.ts';
import { ClusterUnderTest } from '../../packages/server/test/support/cluster-services.ts';
import { ServerProcess } from '../../packages/server/test/support/server-process.ts';
import { usedUs } from '../measure/processor-time.ts';
import type { Shape } from './system.ts';

/** Processor time of other processes in microseconds: PostgreSQL for the batches, followers, PostgreSQL for them. */
export type OfOthers = Record<'postgres' | 'followers' | 'postgresOfFollowers', number>;

/** One of the two configurations that are compared. */
export interface FeedSide {
  decide(commands: readonly Command[]): Promise<void>;
  /** Resolves when all records are written to the feed and applied. */
  settle(): Promise<void>;
  /** The processor time so far of other processes. */
  others(): OfOthers;
  /** The number of messages, as the totals have it. */
  messages(): Promise<number>;
  stop(): Promise<void>;
}

/** A follower that does not catch up for so long has failed. */
const settledMaxMs = 60_000;

const nothingElse = { postgres: 0, followers: 0, postgresOfFollowers: 0 };

/** Discards all parts. */
const unfed = { append: () => undefined } as unknown as SqliteFeed;

export function startFeedSide(shape: Shape, isFed: boolean): Promise<FeedSide> {
  return shape === 'embedded' ? embedded(isFed) : cluster(isFed);
}

async function embedded(isFed: boolean): Promise<FeedSide> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-feed-'));
  const stores = openSqliteStores(join(folder, 'parley.db'), { clock: systemClock, reportFailure: console.error });
  const { followerStates: states } = stores;
  const history = isFed ? stores.history : new SqliteHistoryStore(stores.writes, unfed);
  const runner = isFed ? await follow(stores) : null;
  return {
    async decide(commands) {
      const batch = { records: commands.map((command) => ({ command })), reaches: [] };
      await history.apply(factsNeeded(batch), (facts) => decideBatch(facts, batch, Date.now()));
    },
    settle: async () => {
      if (isFed) await settled(states);
    },
    others: () => nothingElse,
    messages: async () => (await stores.totals.read()).messages,
    async stop() {
      await runner?.stop();
      await stores.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function follow({ totals, feed, followerStates }: SqliteStores): Promise<FollowerRunner> {
  const runner = new FollowerRunner({
    ...{ follower: new TotalsFollower(totals), feed, states: followerStates, clock: systemClock },
    ...{ metrics: noFollowerMetrics, reportFailure: console.error },
  });
  await runner.start();
  return runner;
}

/** This process does the work of a distributor; a process with the role followers reads the feed. */
async function cluster(isFed: boolean): Promise<FeedSide> {
  const made = await ClusterUnderTest.make();
  const config = loadConfig(made.settings, {});
  const database = await ShardedDatabase.open(postgresServers(config));
  const { history, totals, followerStates: states } = postgresStores(database);
  const writer = new KafkaFeedWriter(kafkaSettings(config));
  const ends = new Map<number, number>();
  // Flushes as a distributor does before it commits positions.
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
    others() {
      const sessions = microsecondsOf(sessionsOf(config['cluster-name']));
      if (!followers) return { ...nothingElse, postgres: sessions };
      const postgresOfFollowers = microsecondsOf(followers.sessions);
      const used = microsecondsOf([followers.process.pid]);
      return { postgres: sessions - postgresOfFollowers, followers: used, postgresOfFollowers };
    },
    messages: async () => (await totals.read()).messages,
    async stop() {
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

async function settled(states: FollowerStates): Promise<void> {
  const endMs = performance.now() + settledMaxMs;
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
