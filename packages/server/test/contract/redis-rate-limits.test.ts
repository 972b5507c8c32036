import { afterEach, expect, test } from 'bun:test';
import { openRedis, type RedisConnection } from '../../src/adapters/redis/connection.ts';
import { RedisRateLimits } from '../../src/adapters/redis/rate-limits.ts';
import { defaultRedisTimeouts } from '../../src/adapters/redis/readiness.ts';
import { rateLimitRules } from '../../src/gateway/rate-limit-rules.ts';
import type { RateLimit, RateLimits } from '../../src/gateway/rate-limits-port.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { describeOnOwnRedis, eventually } from './own-redis.ts';
import { keysOf, patientTimeouts } from './redis-under-test.ts';

const hourMs = 3_600_000;
const hourly: RateLimit = { name: 'hourly', perWindow: 10, windowMs: hourMs, burst: 0, burstWindowMs: 0 };
const bursty: RateLimit = { ...hourly, name: 'bursty', burst: 5, burstWindowMs: hourMs };

const opened: RedisConnection[] = [];
let program: OwnRedis;

afterEach(async () => {
  await program.remove();
  await Promise.all(opened.splice(0).map((redis) => redis.close()));
});

const ping = (redis: RedisConnection) => redis.pipeline((pipeline) => pipeline.ping());

/** The limits of two servers on one Redis. */
async function startTwo(timeouts = patientTimeouts): Promise<RedisConnection[]> {
  program = await OwnRedis.start();
  for (let server = 0; server < 2; server++) {
    opened.push(openRedis({ url: program.url, prefix: 'parley', report: () => undefined }, timeouts));
  }
  await Promise.all(opened.map((redis) => eventually(() => ping(redis))));
  return opened;
}

/** The number of `attempts` at each server that are admitted, all at once. */
async function admitted(servers: readonly RateLimits[], limit: RateLimit, attempts: number): Promise<number[]> {
  return Promise.all(
    servers.map(async (limits) => {
      const waits = await Promise.all(Array.from({ length: attempts }, () => limits.consume(limit, 'ana')));
      return waits.filter((waitMs) => waitMs === 0).length;
    }),
  );
}

const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);

describeOnOwnRedis('rate limits on a Redis', () => {
  test('are shared by all servers', async () => {
    const servers = (await startTwo()).map((redis) => new RedisRateLimits(redis));
    expect(sum(await admitted(servers, hourly, 20))).toBe(10);
    expect(sum(await admitted(servers, bursty, 20))).toBe(15);
  });

  test('are counted by each server while Redis is unavailable, and shared again when it is back', async () => {
    const connections = await startTwo(defaultRedisTimeouts);
    const servers = connections.map((redis) => new RedisRateLimits(redis));
    await program.kill();
    expect(await admitted(servers, hourly, 30)).toEqual([10, 10]);
    expect(await admitted(servers, bursty, 30)).toEqual([15, 15]);
    await program.startAgain();
    await Promise.all(connections.map((redis) => eventually(() => ping(redis))));
    expect(sum(await admitted(servers, hourly, 20))).toBe(10);
  });

  test('are counted while Redis is paused', async () => {
    const servers = (await startTwo(defaultRedisTimeouts)).map((redis) => new RedisRateLimits(redis));
    program.signal('SIGSTOP');
    expect(await admitted(servers, hourly, 30)).toEqual([10, 10]);
    program.signal('SIGCONT');
  });

  test('leave no key without an expiry, under any rule', async () => {
    const [redis] = await startTwo();
    if (!redis) throw new Error('there are two servers');
    const limits = new RedisRateLimits(redis);
    for (const rule of Object.values(rateLimitRules)) {
      // So long that no key expires before it is found.
      const windows = { windowMs: rule.windowMs * 1_000, burstWindowMs: rule.burstWindowMs * 1_000 };
      await limits.consume({ ...rule, ...windows }, 'ana', rule.perWindow + 1);
    }
    const keys = await keysOf(redis);
    const bursts = Object.values(rateLimitRules).filter(({ burst }) => burst > 0);
    expect(keys).toHaveLength(Object.values(rateLimitRules).length + bursts.length);
    for (const key of keys) expect(await redis.client.pttl(redis.prefix + key)).toBePositive();
  });

  test.each([0, 500, 1_500])('refuse windows of %d ms, which Redis cannot count', async (windowMs) => {
    const [redis] = await startTwo();
    if (!redis) throw new Error('there are two servers');
    await expect(new RedisRateLimits(redis).consume({ ...hourly, windowMs }, 'ana')).rejects.toThrow('whole seconds');
  });
});
