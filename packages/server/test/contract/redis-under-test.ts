import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRedis, type RedisConnection } from '../../src/adapters/redis/connection.ts';
import { serviceAddress, withoutService } from '../support/services.ts';

/** Why tests on the common Redis are skipped; undefined when they are not. */
export const redisAbsent = withoutService('redis') ?? undefined;
/** Why tests that start, pause and kill a Redis of their own are skipped. */
export const redisProgramAbsent = Bun.which('redis-server') === null ? 'no redis-server is installed' : undefined;

/** A failure that a test doesn't expect is thrown where nobody awaits it. */
function fail(error: unknown): never {
  throw error;
}

/** A client of the common Redis with a prefix of its own, connected. */
export async function openCommonRedis(): Promise<RedisConnection> {
  const redis = openRedis({ url: serviceAddress('redis') ?? '', prefix: newPrefix(), report: fail });
  await redis.pipeline((pipeline) => pipeline.ping());
  return redis;
}

export function newPrefix(): string {
  return `test-${Bun.randomUUIDv7()}`;
}

/** Everything under the connection's prefix, by name, in order. */
export async function keysOf({ client, prefix }: RedisConnection): Promise<string[]> {
  const keys: string[] = [];
  for await (const some of client.scanStream({ match: `${prefix}*`, count: 1_000 })) keys.push(...some);
  return [...new Set(keys)].map((key) => key.slice(prefix.length)).sort();
}

export async function deleteAll(redis: RedisConnection): Promise<void> {
  const keys = await keysOf(redis);
  if (keys.length > 0) await redis.client.unlink(...keys.map((key) => redis.prefix + key));
}

/** Has every key that ends by itself end `durationMs` earlier. */
export async function shortenLives(redis: RedisConnection, durationMs: number): Promise<void> {
  for (const key of await keysOf(redis)) {
    const leftMs = await redis.client.pttl(redis.prefix + key);
    if (leftMs >= 0) await redis.client.pexpire(redis.prefix + key, leftMs - durationMs);
  }
}

/** A Redis of the test's own, which may be paused, killed and started again. */
export class OwnRedis {
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-own-redis-'));
  private process: Bun.Subprocess | null = null;

  private constructor(
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  /** `settings` are given to the program as they are. */
  static async start(...settings: string[]): Promise<OwnRedis> {
    const redis = new OwnRedis(await freePort(), settings);
    await redis.startAgain();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** With `more` settings than before. */
  async startAgain(...more: string[]): Promise<void> {
    const where = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder];
    this.process = Bun.spawn(['redis-server', ...where, '--save', '', ...this.settings, ...more], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    while (!(await this.accepts())) {
      if (this.process.exitCode !== null) throw new Error(`redis-server ended with ${this.process.exitCode}`);
      await Bun.sleep(10);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.kill(signal);
  }

  async kill(): Promise<void> {
    this.process?.kill('SIGKILL');
    await this.process?.exited;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  private accepts(): Promise<boolean> {
    return Bun.connect({ hostname: '127.0.0.1', port: this.port, socket: { data: () => undefined } }).then(
      (socket) => {
        socket.end();
        return true;
      },
      () => false,
    );
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
