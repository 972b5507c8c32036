import { followerNames } from '@parley/protocol';
import { deadLetterTopic, Topics } from '../adapters/kafka/topics.ts';
import { epochsOfShards } from '../adapters/postgres/epochs.ts';
import { storedLevels } from '../adapters/postgres/feature-level.ts';
import { initialise } from '../adapters/postgres/initialise.ts';
import { Pool } from '../adapters/postgres/pool.ts';
import { moveShard } from '../adapters/postgres/shard-move.ts';
import { ShardedDatabase } from '../adapters/postgres/sharded-database.ts';
import { postgresStores } from '../adapters/postgres/stores.ts';
import { RedisServers } from '../adapters/redis/servers.ts';
import { systemClock } from '../platform/clock.ts';
import { Unusable } from '../platform/failures.ts';
import { systemIds } from '../platform/ids.ts';
import { failureReporter } from '../platform/log.ts';
import { invitationForFirst } from '../users/first-account.ts';
import { type ClusterConfig, kafkaSettings, openServices, postgresServers, reached } from './cluster.ts';
import { logState, waitingIn } from './log-state.ts';
import { type RunningLevels, runningLevels } from './upgrade-cluster.ts';

export { type AcceptedLoss, acceptLoss } from './accept-loss.ts';
export { type Migration, migrateToCluster } from './migrate.ts';
export { traceInCluster } from './trace-message.ts';
export { upgradeCluster } from './upgrade-cluster.ts';
export { type ClusterVerification, verifyCluster } from './verify-cluster.ts';

/**
 * Creates a cluster of `shards` logical shards on its services, or upgrades the services of an existing one to this
 * version. Safe to repeat. Resolves to the token of an invitation for the first account, which becomes the
 * administrator; null when there are accounts.
 */
export async function initialiseCluster(
  config: ClusterConfig,
  { shards, replicationFactor }: { shards: number; replicationFactor: number },
): Promise<string | null> {
  await reached('--postgres', () => initialise(postgresServers(config), shards));
  const topics = new Topics(kafkaSettings(config));
  const redis = redisOf(config);
  try {
    await reached('--kafka', () => topics.create({ shards, replicationFactor }));
    await reached('--kafka', () => topics.check({ shards, allowSingleBroker: replicationFactor < 3 }));
    await reached('--redis', () => redis.confirm(shards));
  } finally {
    await Promise.all([topics.close(), redis.close()]);
  }
  const services = await openServices(config);
  try {
    return await invitationForFirst(postgresStores(services.database).users, systemClock, systemIds);
  } finally {
    await services.close();
  }
}

function redisOf(config: ClusterConfig): RedisServers {
  return new RedisServers(config.redis, { prefix: config['cluster-name'], report: failureReporter('redis') });
}

/**
 * Makes the Redis servers of the setting those of the cluster. Processes that were started with others stop within
 * seconds. Safe to repeat.
 */
export async function replaceRedis(config: ClusterConfig): Promise<void> {
  const database = await reached('--postgres', () => ShardedDatabase.open(postgresServers(config)));
  const redis = redisOf(config);
  try {
    await reached('--redis', () => redis.replace(database.shards));
  } finally {
    await Promise.all([database.close(), redis.close()]);
  }
}

export interface ClusterStatus {
  shards: number;
  /** The number of shards on each PostgreSQL server. */
  shardsByServer: Record<string, number>;
  /**
   * Commands that have to be carried out, for the first time or again: in all partitions, and in the fullest partition.
   */
  commandsWaiting: number;
  commandsWaitingMost: { partition: number; commands: number };
  /** Commands that were set aside since the cluster was created. */
  commandsSetAside: number;
  /** Processes with a mailbox and a valid lease; null while no Redis server answers. */
  liveServers: number | null;
  /** Without the users of Redis servers that do not answer; null while none answers. */
  usersOnline: number | null;
  /** For each Redis server, why it is unavailable; null for one that answers. */
  redis: Record<string, string | null>;
  /** The counts of the follower `totals`. */
  directConversations: number;
  groups: number;
  channels: number;
  messages: number;
  /** Decided commands that a follower has not applied: of the follower that is furthest behind. */
  followersBehind: number;
  /** The feature level of the cluster. Features of a higher level are not enabled. */
  featureLevel: number;
  /** The lowest level that a running process supports; null when none runs, or the level of one is unknown. */
  featureLevelSupported: number | null;
}

export async function clusterStatus(config: ClusterConfig): Promise<ClusterStatus> {
  const services = await openServices(config, { redis: 'optional' });
  try {
    const { database, topics, redis } = services;
    const { registry, unavailable } = await redis.reachable(database.shards);
    const partitions = await logState(topics, database, config['cluster-name']);
    const waiting = partitions.map((state) => ({ partition: state.partition, commands: waitingIn(state) }));
    const most = waiting.reduce((a, b) => (b.commands > a.commands ? b : a), { partition: 0, commands: 0 });
    const { totals, followerStates } = postgresStores(database);
    const { directConversations, groups, channels, messages } = await totals.read();
    const followers = await Promise.all(followerNames.map((name) => followerStates.report(name)));
    const servers = Array.from({ length: database.shards }, (_, shard) => database.serverOf(shard));
    return {
      shards: database.shards,
      shardsByServer: Object.fromEntries(
        config.postgres.map(({ name }) => [name, servers.filter((server) => server === name).length]),
      ),
      commandsWaiting: waiting.reduce((sum, { commands }) => sum + commands, 0),
      commandsWaitingMost: most,
      commandsSetAside: await topics.recordCount(deadLetterTopic(config['cluster-name'])),
      liveServers: registry && (await registry.liveServers()).length,
      usersOnline: registry && (await registry.onlineCount()),
      redis: Object.fromEntries(config.redis.map(({ name }) => [name, unavailable.get(name) ?? null])),
      ...{ directConversations, groups, channels, messages },
      followersBehind: Math.max(...followers.map(({ lagRecords }) => lagRecords)),
      featureLevel: Math.min(...(await storedLevels(database))),
      featureLevelSupported: lowest(await runningLevels(services, config['cluster-name'], registry)),
    };
  } finally {
    await services.close();
  }
}

function lowest({ servers, distributors, followers }: RunningLevels): number | null {
  const levels = [...servers.values(), ...distributors, ...followers];
  const known = levels.filter((level) => level !== null);
  return known.length < levels.length || known.length === 0 ? null : Math.min(...known);
}

/** The server and the epoch of each shard, by the shard's number. */
export async function shardLocations(config: ClusterConfig): Promise<{ server: string; epoch: string | undefined }[]> {
  const services = await openServices(config, { redis: 'optional' });
  try {
    const { database } = services;
    const epochs = await epochsOfShards(database);
    return Array.from({ length: database.shards }, (_, shard) => ({
      server: database.serverOf(shard),
      epoch: epochs.get(shard),
    }));
  } finally {
    await services.close();
  }
}

/** Moves a logical shard to another PostgreSQL server while it is served; see {@link moveShard}. */
export async function moveShardTo(
  config: ClusterConfig,
  move: { shard: number; targetName: string; sourceUrl: string | null; tell(step: string): void },
): Promise<void> {
  const pools = postgresServers(config).map((server) => ({ server, pool: new Pool(server) }));
  try {
    const target = pools.find(({ server }) => server.name === move.targetName);
    if (!target) {
      const names = pools.map(({ server }) => server.name).join(', ');
      throw new Unusable(`there is no PostgreSQL server ${move.targetName}; --postgres names ${names}`);
    }
    const locations = await reached('--postgres', () =>
      Promise.all(
        pools.map(async ({ server, pool }) => {
          const rows = await pool.run((sql) => sql`SELECT 1 FROM shards WHERE shard = ${move.shard}`);
          return { server, pool, has: rows.length > 0 };
        }),
      ),
    );
    const source = locations.find(({ server, has }) => has && server !== target.server);
    if (!source) {
      if (locations.some(({ has }) => has)) return;
      throw new Unusable(`there is no shard ${move.shard} on the PostgreSQL servers that --postgres names`);
    }
    const sourceUrl = move.sourceUrl ?? source.server.url;
    await moveShard({ ...move, source: source.pool, target: target.pool, sourceUrl });
  } finally {
    await Promise.all(pools.map(({ pool }) => pool.close()));
  }
}
