import { OwnBrokers, withoutOwnBrokers } from '../../packages/server/test/support/own-brokers.ts';
import { OwnPostgres, withoutOwnPostgres } from '../../packages/server/test/support/own-postgres.ts';
import { OwnRedis } from '../../packages/server/test/support/own-redis.ts';
import { withDescendants } from '../measure/processor-time.ts';
import { BadRequest } from '../scenario.ts';

/** PostgreSQL, Kafka and Redis of one benchmark, so that what they do is done for this benchmark alone. */
export class OwnServices {
  private constructor(
    private readonly postgres: OwnPostgres,
    readonly brokers: OwnBrokers,
    private readonly redis: readonly OwnRedis[],
    readonly replicas: number,
  ) {}

  /**
   * Starts them, with this number of Redis servers, and of brokers, each of which has a replica of every topic.
   */
  static async start(brokerCount: number, redisCount = 1): Promise<OwnServices> {
    const absent = withoutOwnServices();
    if (absent !== null) throw new BadRequest(absent);
    const started: { remove(): Promise<void> }[] = [];
    try {
      const postgres = await OwnPostgres.start();
      started.push(postgres);
      const redis: OwnRedis[] = [];
      for (let count = 0; count < redisCount; count++) {
        const server = await OwnRedis.start();
        started.push(server);
        redis.push(server);
      }
      const brokers = await OwnBrokers.start(brokerCount);
      return new OwnServices(postgres, brokers, redis, brokerCount);
    } catch (error) {
      for (const each of started) await each.remove();
      throw error;
    }
  }

  get addresses() {
    const redis = this.redis.map(({ url }, index) => `redis-${index}=${url}`).join(',');
    return { postgres: this.postgres.url, kafka: this.brokers.addresses, redis };
  }

  processes(): Record<string, number[]> {
    return {
      PostgreSQL: withDescendants(this.postgres.pid),
      Kafka: this.brokers.pids,
      Redis: this.redis.map(({ pid }) => pid),
    };
  }

  async stop(): Promise<void> {
    await Promise.all([this.postgres, this.brokers, ...this.redis].map((service) => service.remove()));
  }
}

/** Why a benchmark can't start services of its own; null if it can. */
export function withoutOwnServices(): string | null {
  const redis = Bun.which('redis-server') === null ? 'no redis-server is installed (Debian: redis-server)' : null;
  return withoutOwnPostgres ?? withoutOwnBrokers ?? redis;
}
