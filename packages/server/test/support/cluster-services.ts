import { Topics } from '../../src/adapters/kafka/topics.ts';
import { defaultPoolBounds, Pool, type PostgresServer } from '../../src/adapters/postgres/pool.ts';
import type { RedisConnection } from '../../src/adapters/redis/connection.ts';
import { RedisServers } from '../../src/adapters/redis/servers.ts';
import { kafkaSettings, postgresServers } from '../../src/compose/cluster.ts';
import { initialiseCluster } from '../../src/compose/cluster-administration.ts';
import { Unavailable, Unusable } from '../../src/platform/failures.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { type GivenSettings, loadConfig } from '../../src/settings/settings.ts';
import { patientPoolBounds } from './patient-bounds.ts';
import { serviceAddress } from './services.ts';

export const clusterShards = 8;
const attemptsMax = 10;
/** Between two attempts; Redis refuses calls at once while it is not connected. */
const pauseMs = 1_000;

/** The addresses of a cluster's services: a URL for PostgreSQL, brokers separated by commas, the setting for Redis. */
export interface ServiceAddresses {
  postgres: string;
  kafka: string;
  redis: string;
}

/** A cluster of its own on the real services, under a unique name. Everything of it is removed afterwards. */
export class ClusterUnderTest {
  private constructor(
    readonly settings: GivenSettings,
    private readonly servers: readonly PostgresServer[],
  ) {}

  /** Two databases act as two PostgreSQL servers: no statement spans both. */
  static async make(services = sharedServices(), replicationFactor = 1): Promise<ClusterUnderTest> {
    const { postgres, kafka, redis } = services;
    const name = `test_${systemIds.uuid().slice(-12)}`;
    const urls = await Promise.all(['one', 'two'].map((server) => newDatabase(postgres, `${name}_${server}`)));
    const settings: GivenSettings = {
      ...{ shape: 'cluster', 'cluster-name': name, kafka, redis, 'allow-single-broker': 'on' },
      postgres: `one=${urls[0]},two=${urls[1]}`,
    };
    const config = loadConfig(settings, {});
    await onceAvailable(() => initialiseCluster(config, { shards: clusterShards, replicationFactor }));
    return new ClusterUnderTest(settings, postgresServers(config));
  }

  async remove(): Promise<void> {
    const config = loadConfig(this.settings, {});
    const topics = new Topics(kafkaSettings(config));
    await onceAvailable(() => topics.remove());
    await topics.close();
    const servers = new RedisServers(config.redis, { prefix: config['cluster-name'], report: () => undefined });
    for (const redis of servers.connections) await onceAvailable(() => deleteKeys(redis));
    await servers.close();
    await dropDatabases(this.servers);
  }
}

async function deleteKeys(redis: RedisConnection): Promise<void> {
  const [keys] = await redis.pipeline((pipeline) => {
    pipeline.keys(`${redis.prefix}*`);
  });
  await redis.pipeline((pipeline) => {
    for (const key of keys as string[]) pipeline.del(key);
  });
}

/**
 * The result of a call that may be repeated, such as a command of an administrator. On a busy machine, a service may
 * take longer to answer than a request of Parley waits.
 */
export async function onceAvailable<Result>(call: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const reason = error instanceof Unusable ? error.cause : error;
      if (!(reason instanceof Unavailable) || attempt === attemptsMax) throw error;
      await Bun.sleep(pauseMs);
    }
  }
}

/** The services that all tests share; tests must not kill them. Two databases act as two Redis servers. */
export function sharedServices(): ServiceAddresses {
  const redis = present('redis');
  return { postgres: present('postgres'), kafka: present('kafka'), redis: `one=${redis}/0,two=${redis}/1` };
}

function present(name: 'postgres' | 'kafka' | 'redis'): string {
  const address = serviceAddress(name);
  if (address === null) throw new Error(`there is no ${name}`);
  return address;
}

/** Creates a database beside the one that `url` names; returns its URL. */
export async function newDatabase(url: string, database: string): Promise<string> {
  await withPool(
    { name: 'any', url, schema: 'public' },
    (pool) => pool.run((sql) => sql.unsafe(`CREATE DATABASE ${database}`)),
    // Creating, copying and dropping a database wait for a checkpoint of the server, which other tests keep busy.
    patientPoolBounds,
  );
  const address = new URL(url);
  address.pathname = `/${database}`;
  return address.href;
}

export async function dropDatabases(servers: readonly PostgresServer[]): Promise<void> {
  for (const { name, url } of servers) {
    const address = new URL(url);
    const database = address.pathname.slice(1);
    address.pathname = '/postgres';
    await withPool(
      { name, url: address.href, schema: 'public' },
      (pool) => pool.run((sql) => sql.unsafe(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)),
      patientPoolBounds,
    );
  }
}

/** Runs statements outside the database, which must have no connections. */
export async function beside(
  { name, url }: PostgresServer,
  statementsFor: (database: string) => string[],
): Promise<void> {
  const address = new URL(url);
  const database = address.pathname.slice(1);
  address.pathname = '/postgres';
  await withPool(
    { name, url: address.href, schema: 'public' },
    async (pool) => {
      for (const statement of statementsFor(database)) await pool.run((sql) => sql.unsafe(statement));
    },
    patientPoolBounds,
  );
}

export async function withPool<Result>(
  server: PostgresServer,
  work: (pool: Pool) => Promise<Result>,
  bounds = defaultPoolBounds,
): Promise<Result> {
  const pool = new Pool(server, bounds);
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}
