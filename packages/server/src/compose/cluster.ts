import { KafkaCommandLog } from '../adapters/kafka/command-log.ts';
import type { KafkaSettings } from '../adapters/kafka/connection.ts';
import { KafkaFeed } from '../adapters/kafka/feed.ts';
import { KafkaFeedWriter } from '../adapters/kafka/feed-writer.ts';
import { KafkaMailboxes } from '../adapters/kafka/mailboxes.ts';
import { Topics } from '../adapters/kafka/topics.ts';
import { checkLevels, storedLevels } from '../adapters/postgres/feature-level.ts';
import { defaultPoolBounds, type PoolBounds, type PostgresServer } from '../adapters/postgres/pool.ts';
import { ShardedDatabase } from '../adapters/postgres/sharded-database.ts';
import { postgresStores } from '../adapters/postgres/stores.ts';
import { WriteProbe } from '../adapters/postgres/write-probe.ts';
import { RedisServers } from '../adapters/redis/servers.ts';
import { systemClock } from '../platform/clock.ts';
import { closeInOrder } from '../platform/close-in-order.ts';
import { Unavailable, Unusable } from '../platform/failures.ts';
import { failureReporter } from '../platform/log.ts';
import { SharedCheck } from '../platform/shared-check.ts';
import { passOn } from '../platform/tracing.ts';
import type { clusterSettings } from '../settings/cluster-settings.ts';
import type { ConfigOf } from '../settings/setting.ts';
import type { Adapters } from './adapters.ts';
import { catchingUpByLog } from './catching-up.ts';

/** The settings with the addresses of a cluster's services. */
export type ClusterConfig = ConfigOf<typeof clusterSettings>;

/** The connected and checked services of a cluster. */
export interface ClusterServices {
  database: ShardedDatabase;
  topics: Topics;
  kafka: KafkaSettings;
  redis: RedisServers;
  close(): Promise<void>;
}

/** The adapters of a cluster: PostgreSQL, Kafka and Redis, which any number of processes share. */
export async function clusterAdapters(config: ClusterConfig, poolBounds = defaultPoolBounds): Promise<Adapters> {
  const services = await openServices(config, { redis: 'required', poolBounds });
  const { database, topics, kafka, redis } = services;
  // Commands that are decided together are in one database, so that an unavailable database delays only its own shards.
  const laneOf = (partition: number) => database.serverOf(partition);
  const feedWriter = new KafkaFeedWriter(kafka);
  const beforeCommit = (partitions: readonly number[]) => feedWriter.flush(partitions);
  const hasRoom = (partition: number) => feedWriter.hasRoom(partition);
  const commandLog = new KafkaCommandLog(kafka, { shards: database.shards, laneOf, hasRoom, beforeCommit });
  await reached('--kafka', () => commandLog.open()).catch(async (error: unknown) => {
    await services.close();
    throw error;
  });
  const mailboxes = new KafkaMailboxes(kafka, topics);
  const registry = redis.registry();
  const probe = new WriteProbe(database);
  const written = new SharedCheck(() => probe.check(), systemClock);
  return {
    ...postgresStores(database),
    findCatchingUp: catchingUpByLog(database, topics, config['cluster-name']),
    featureLevel: async () => Math.min(...(await storedLevels(database))),
    feedWriter,
    feed: new KafkaFeed(kafka),
    commandLog,
    mailboxes,
    registry,
    rateLimits: redis.rateLimits(),
    hops: passOn,
    checks: {
      postgres: () => written.outcome(),
      kafka: () => topics.ping(),
      ...redis.checks(),
    },
    // An unavailable service may return, so the process waits for it.
    lost: redis.replaced.then((reason) => ({ reason, keepsOpen: false })),
    close: () =>
      closeInOrder(
        () => commandLog.close(),
        () => feedWriter.close(),
        () => mailboxes.close(),
        () => services.close(),
      ),
  };
}

/**
 * Connects to every service and checks that they belong together. `redis` is 'optional' for commands that do not need
 * it, or check it themselves.
 *
 * @throws {Unusable} naming the setting of the service that is unavailable or does not fit, and what to do.
 */
export async function openServices(
  config: ClusterConfig,
  needed: { redis: 'required' | 'optional'; poolBounds?: PoolBounds } = { redis: 'required' },
): Promise<ClusterServices> {
  // Until all services are open, this function reports failures by throwing them once.
  let isOpen = false;
  const onceOpen =
    (report: (error: unknown) => void): ((error: unknown) => void) =>
    (error) => {
      if (isOpen) report(error);
    };
  const settings = kafkaSettings(config);
  const kafka = { ...settings, report: onceOpen(settings.report) };
  const topics = new Topics(kafka);
  const redis = new RedisServers(config.redis, {
    prefix: config['cluster-name'],
    report: onceOpen(failureReporter('redis')),
  });
  let database: ShardedDatabase | null = null;
  const close = async () => {
    await Promise.all([database?.close(), topics.close(), redis.close()]);
  };
  try {
    const bounds = { ...(needed.poolBounds ?? defaultPoolBounds), maxConnections: config['postgres-connections'] };
    const opened = await reached('--postgres', () => ShardedDatabase.open(postgresServers(config), bounds));
    database = opened;
    await reached('--postgres', () => checkLevels(opened));
    const { shards } = opened;
    const allowSingleBroker = config['allow-single-broker'] === 'on';
    await reached('--kafka', () => topics.check({ shards, allowSingleBroker }));
    if (needed.redis === 'required') await reached('--redis', () => redis.confirm(shards));
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

/** Converts an unavailable service at startup to an error that names its setting. */
export async function reached<Result>(setting: string, open: () => Promise<Result>): Promise<Result> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    const cause = error.cause instanceof Error ? ` (${error.cause.message || error.cause.name})` : '';
    throw new Unusable(`${setting}: ${error.message}${cause}: start it, or correct the setting`, { cause: error });
  }
}
