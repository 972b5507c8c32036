import { KafkaCommandLog } from '../adapters/kafka/command-log.ts';
import type { KafkaSettings } from '../adapters/kafka/connection.ts';
import { KafkaFeed } from '../adapters/kafka/feed.ts';
import { KafkaFeedWriter } from '../adapters/kafka/feed-writer.ts';
import { KafkaMailboxes } from '../adapters/kafka/mailboxes.ts';
import { Topics } from '../adapters/kafka/topics.ts';
import { checkLevels, storedLevels } from '../adapters/postgres/feature-level.ts';
import { defaultPoolBounds, type PostgresServer } from '../adapters/postgres/pool.ts';
import { ShardedDatabase } from '../adapters/postgres/sharded-database.ts';
import { postgresStores } from '../adapters/postgres/stores.ts';
import { probeWrites } from '../adapters/postgres/write-probe.ts';
import { confirmShards } from '../adapters/redis/cluster-mark.ts';
import { openRedis, type RedisConnection } from '../adapters/redis/connection.ts';
import { confirmKeepsKeys } from '../adapters/redis/eviction.ts';
import { RedisRateLimits } from '../adapters/redis/rate-limits.ts';
import { RedisConnectionRegistry } from '../adapters/redis/registry.ts';
import { systemClock } from '../platform/clock.ts';
import { Unavailable, Unusable } from '../platform/failures.ts';
import { failureReporter } from '../platform/log.ts';
import { SharedCheck } from '../platform/shared-check.ts';
import { passOn } from '../platform/tracing.ts';
import type { clusterSettings } from '../settings/cluster-settings.ts';
import type { ConfigOf } from '../settings/setting.ts';
import type { Adapters } from './adapters.ts';
import { isCatchingUpByLog } from './catching-up.ts';

/** Where a cluster's services are. */
export type ClusterConfig = ConfigOf<typeof clusterSettings>;

/** The services of a cluster, reached and looked at. */
export interface ClusterServices {
  database: ShardedDatabase;
  topics: Topics;
  kafka: KafkaSettings;
  redis: RedisConnection;
  close(): Promise<void>;
}

/** The cluster's shape: PostgreSQL, Kafka and Redis, which any number of processes share. */
export async function clusterAdapters(config: ClusterConfig): Promise<Adapters> {
  const services = await openServices(config);
  const { database, topics, kafka, redis } = services;
  // What is decided together is in one database, so that a database that is away holds up its own shards alone.
  const laneOf = (partition: number) => database.serverOf(partition);
  const feedWriter = new KafkaFeedWriter(kafka);
  const beforeCommit = () => feedWriter.flush();
  const commandLog = new KafkaCommandLog(kafka, { shards: database.shards, laneOf, beforeCommit });
  await reached('--kafka', () => commandLog.open()).catch(async (error: unknown) => {
    await services.close();
    throw error;
  });
  const mailboxes = new KafkaMailboxes(kafka, topics);
  const registry = new RedisConnectionRegistry(redis);
  const written = new SharedCheck(() => probeWrites(database), systemClock);
  return {
    ...postgresStores(database),
    isCatchingUp: isCatchingUpByLog(database, topics, config['cluster-name']),
    featureLevel: async () => Math.min(...(await storedLevels(database))),
    feedWriter,
    feed: new KafkaFeed(kafka),
    commandLog,
    mailboxes,
    registry,
    rateLimits: new RedisRateLimits(redis),
    hops: passOn,
    checks: {
      postgres: () => written.outcome(),
      kafka: () => topics.ping(),
      redis: () => registry.generation(),
    },
    // Each service may come back, and is waited for.
    lost: new Promise(() => undefined),
    async close() {
      await commandLog.close();
      await feedWriter.close();
      await mailboxes.close();
      await services.close();
    },
  };
}

/**
 * Reaches every service and looks whether they belong together.
 *
 * @throws {Unusable} naming the setting of the service that is away or doesn't fit, with what to do.
 */
export async function openServices(config: ClusterConfig): Promise<ClusterServices> {
  // What fails before is this function's to say, once.
  let isOpen = false;
  const onceOpen =
    (report: (error: unknown) => void): ((error: unknown) => void) =>
    (error) => {
      if (isOpen) report(error);
    };
  const settings = kafkaSettings(config);
  const kafka = { ...settings, report: onceOpen(settings.report) };
  const topics = new Topics(kafka);
  const redis = openRedis({
    ...{ url: config.redis, prefix: config['cluster-name'] },
    report: onceOpen(failureReporter('redis')),
  });
  let database: ShardedDatabase | null = null;
  const close = async () => {
    await Promise.all([database?.close(), topics.close(), redis.close()]);
  };
  try {
    const bounds = { ...defaultPoolBounds, maxConnections: config['postgres-connections'] };
    const opened = await reached('--postgres', () => ShardedDatabase.open(postgresServers(config), bounds));
    database = opened;
    await reached('--postgres', () => checkLevels(opened));
    const { shards } = opened;
    const allowSingleBroker = config['allow-single-broker'] === 'on';
    await reached('--kafka', () => topics.check({ shards, allowSingleBroker }));
    await reached('--redis', () => confirmShards(redis, shards));
    await reached('--redis', () => confirmKeepsKeys(redis));
    isOpen = true;
    return { database, topics, kafka, redis, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export function kafkaSettings(config: ClusterConfig): KafkaSettings {
  const mechanism = config['kafka-sasl'];
  return {
    brokers: config.kafka,
    clusterName: config['cluster-name'],
    tls: config['kafka-tls'] === 'on',
    sasl:
      mechanism === 'none'
        ? null
        : { mechanism, username: config['kafka-username'], password: config['kafka-password'] },
    report: failureReporter('kafka'),
  };
}

export function postgresServers(config: ClusterConfig): PostgresServer[] {
  return config.postgres.map(({ name, url }) => ({ name, url, schema: config['cluster-name'] }));
}

/** At the start a service that is away is a fault of the settings, or has to be started first. */
export async function reached<Result>(setting: string, open: () => Promise<Result>): Promise<Result> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    const cause = error.cause instanceof Error ? ` (${error.cause.message || error.cause.name})` : '';
    throw new Unusable(`${setting}: ${error.message}${cause}: start it, or correct the setting`, { cause: error });
  }
}
