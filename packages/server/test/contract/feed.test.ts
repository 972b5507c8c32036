import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaFeed } from '../../src/adapters/kafka/feed.ts';
import { KafkaFeedWriter } from '../../src/adapters/kafka/feed-writer.ts';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import type { Command } from '../../src/conversations/command.ts';
import { type BatchResult, decideBatch } from '../../src/distribution/decide-batch.ts';
import { factsNeeded } from '../../src/distribution/facts-needed.ts';
import { feedParts } from '../../src/distribution/feed-parts.ts';
import type { HistoryStore } from '../../src/history/history-port.ts';
import { withoutService } from '../support/services.ts';
import { until } from '../support/until.ts';
import { runContract } from './adapter-under-test.ts';
import { describeFeedContract } from './feed-contract.ts';
import type { FeedUnderTest } from './feed-under-test.ts';
import { describeFollowerStatesContract } from './follower-states-contract.ts';
import { newTopics } from './kafka-under-test.ts';
import { emptyDatabase, shardsUnderTest } from './postgres-under-test.ts';
import { sqliteStores } from './sqlite-stores.ts';

const nowMs = Date.now();

async function sqliteFeed(): Promise<FeedUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-feed-'));
  const stores = sqliteStores(folder);
  return {
    ...stores,
    states: stores.followerStates,
    async decide(...commands) {
      const batch = { records: commands.map((command) => ({ command })), reaches: [] };
      await stores.history.apply(factsNeeded(batch), (facts) => decideBatch(facts, batch, nowMs));
    },
    // The entries and the feed are written in one transaction.
    ...{ decideTwice: null, decideWithoutFeed: null },
    async close() {
      await stores.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A command log like Kafka's: each shard has its own positions. */
class PositionedLog {
  private readonly ends = new Map<number, number>();

  constructor(private readonly shardOf: (id: string) => number) {}

  /** Assigns positions to the commands and returns them as a batch. */
  batch(commands: readonly Command[]) {
    const from = new Map(this.ends);
    const records = commands.map((command) => {
      const partition = this.shardOf(command.conversationId);
      const position = this.ends.get(partition) ?? 0;
      this.ends.set(partition, position + 1);
      return { command, at: { partition, position }, replyTo: { serverId: 's', requestId: 'r' } };
    });
    const partitions = [...new Set(records.map(({ at }) => at.partition))];
    const reaches = partitions.map((partition) => {
      return { partition, logId: 'log', from: from.get(partition) ?? 0, to: this.ends.get(partition) ?? 0 };
    });
    return { records, reaches };
  }
}

type Batch = ReturnType<PositionedLog['batch']>;

function decided(history: HistoryStore, batch: Batch): Promise<BatchResult> {
  return history.apply(factsNeeded(batch), (facts) => decideBatch(facts, batch, nowMs));
}

async function clusterFeed(): Promise<FeedUnderTest> {
  const database = await emptyDatabase();
  const { settings, close } = await newTopics(() => undefined, shardsUnderTest);
  const writer = new KafkaFeedWriter(settings);
  const { history, conversations, totals, followerStates: states } = postgresStores(database);
  const log = new PositionedLog((id) => database.shardOf(id));
  const feed = async (batch: Batch, result: BatchResult) => {
    const partitions = batch.reaches.map(({ partition }) => partition);
    await writer.append(feedParts(batch, result));
    // Flush until it succeeds, as before a commit of positions. A new topic has no leader for a moment.
    await until('the feed has it', () =>
      writer.flush(partitions).then((written) => written.size === partitions.length),
    );
  };
  return {
    ...{ history, conversations, totals, states, partitions: shardsUnderTest },
    feed: new KafkaFeed(settings),
    async decide(...commands) {
      const batch = log.batch(commands);
      await feed(batch, await decided(history, batch));
    },
    async decideTwice(...commands) {
      const batch = log.batch(commands);
      await decided(history, batch);
      await feed(batch, await decided(history, batch));
    },
    async decideWithoutFeed(...commands) {
      await decided(history, log.batch(commands));
    },
    async close() {
      await writer.close();
      await close();
    },
  };
}

const absent = withoutService('kafka') ?? withoutService('postgres');

const adapters = [
  { name: 'sqlite', open: sqliteFeed },
  { name: 'kafka and postgres', ...(absent !== null && { absent }), open: clusterFeed },
];
runContract(adapters, describeFeedContract);
runContract(adapters, describeFollowerStatesContract);
