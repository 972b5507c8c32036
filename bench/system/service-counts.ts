import { commandsTopic, feedTopic, mailboxTopic, Topics } from '../../packages/server/src/adapters/kafka/topics.ts';
import { RedisServers } from '../../packages/server/src/adapters/redis/servers.ts';
import { kafkaSettings } from '../../packages/server/src/compose/cluster.ts';
import type { Cluster } from './cluster.ts';
import type { OwnServices } from './own-services.ts';

/** What a cluster has had its services do. These counts do not depend on the speed of the machine. */
export interface ServiceCounts {
  /** Each is a transaction of its own. */
  'PostgreSQL statements': number;
  'PostgreSQL log bytes': number;
  /** Commands of scripts included. */
  'Redis commands': number;
  'Kafka records': number;
  /** Of one replica. */
  'Kafka bytes': number;
}

/** PostgreSQL adds up what a connection has done at most this long after it. */
export const countedWithinMs = 11_000;

/** Reads the counts of services that serve one cluster alone. */
export class ServiceCounters {
  private readonly topics: Topics;
  private readonly redis: RedisServers;
  private readonly clusterName: string;

  constructor(
    private readonly cluster: Cluster,
    private readonly services: OwnServices,
  ) {
    const { config } = cluster;
    this.clusterName = config['cluster-name'];
    this.topics = new Topics(kafkaSettings(config));
    this.redis = new RedisServers(config.redis, { prefix: this.clusterName, report: console.error });
  }

  async read(): Promise<ServiceCounts> {
    const commits = await this.cluster.ask(
      'SELECT xact_commit::float8 AS value FROM pg_stat_database WHERE datname = current_database()',
    );
    const { 'PostgreSQL log': log } = await this.cluster.writtenBytes();
    return {
      'PostgreSQL statements': commits.reduce((sum, count) => sum + count, 0),
      'PostgreSQL log bytes': log ?? Number.NaN,
      'Redis commands': await this.redisCommands(),
      'Kafka records': await this.records(),
      'Kafka bytes': this.services.brokers.storedBytes(`${this.clusterName}.`),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.topics.close(), this.redis.close()]);
  }

  private async redisCommands(): Promise<number> {
    const counts = this.redis.connections.map(async ({ client }) =>
      Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))?.[1]),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  private async records(): Promise<number> {
    const { clusterName, topics } = this;
    const mailboxes = (await topics.mailboxes()).map((serverId) => mailboxTopic(clusterName, serverId));
    let sum = 0;
    for (const topic of [commandsTopic(clusterName), feedTopic(clusterName), ...mailboxes]) {
      const ends = await topics.positions.ends(topic, await topics.partitionsOf(topic));
      for (const end of ends.values()) sum += Number(end);
    }
    return sum;
  }
}

/** The counts between two readings, minus what the cluster does in as many seconds without a message. */
export function countsBetween(
  before: ServiceCounts,
  after: ServiceCounts,
  seconds: number,
  idlePerSecond: ServiceCounts | null = null,
): ServiceCounts {
  const names = Object.keys(before) as (keyof ServiceCounts)[];
  return Object.fromEntries(
    names.map((name) => [name, Math.max(0, after[name] - before[name] - (idlePerSecond?.[name] ?? 0) * seconds)]),
  ) as unknown as ServiceCounts;
}

export function scaled(counts: ServiceCounts, factor: number): ServiceCounts {
  return Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, count * factor]),
  ) as unknown as ServiceCounts;
}
