import { afterAll, expect, setSystemTime, test } from 'bun:test';
import { MemoryRateLimits } from '../../src/adapters/memory/rate-limits.ts';
import type { RedisConnection } from '../../src/adapters/redis/connection.ts';
import { DividedRateLimits } from '../../src/adapters/redis/divided-rate-limits.ts';
import { RedisRateLimits } from '../../src/adapters/redis/rate-limits.ts';
import type { RateLimits } from '../../src/gateway/rate-limits-port.ts';
import { type AdapterUnderTest, runContract } from './adapter-under-test.ts';
import { describeRateLimitsContract, type RateLimitsUnderTest } from './rate-limits-contract.ts';
import {
  deleteAll,
  newPrefix,
  openCommonRedis,
  openTwoCommonRedis,
  redisAbsent,
  shortenLives,
} from './redis-under-test.ts';

let common: RedisConnection | null = null;
let two: RedisConnection[] = [];
afterAll(() => Promise.all([common, ...two].map((redis) => redis?.close())));

/** Redis uses its own time, so the windows are made long enough for a slow test. */
const slowness = 1_000;

function slowly(limits: RateLimits, servers: readonly RedisConnection[]): RateLimitsUnderTest {
  return {
    limits: {
      async consume(limit, key, points) {
        const windows = { windowMs: limit.windowMs * slowness, burstWindowMs: limit.burstWindowMs * slowness };
        return Math.ceil((await limits.consume({ ...limit, ...windows }, key, points)) / slowness);
      },
    },
    async passTime(durationMs) {
      for (const redis of servers) await shortenLives(redis, durationMs * slowness);
    },
    async close() {
      for (const redis of servers) await deleteAll(redis);
    },
  };
}

const adapters: AdapterUnderTest<RateLimitsUnderTest>[] = [
  {
    name: 'memory',
    async open() {
      // The library reads the system time.
      let nowMs = 1_767_225_600_000;
      setSystemTime(nowMs);
      return {
        limits: new MemoryRateLimits(),
        async passTime(durationMs) {
          nowMs += durationMs;
          setSystemTime(nowMs);
        },
        close: async () => void setSystemTime(),
      };
    },
  },
  {
    name: 'redis',
    ...(redisAbsent && { absent: redisAbsent }),
    async open() {
      common ??= await openCommonRedis();
      const redis = common.within(newPrefix());
      return slowly(new RedisRateLimits(redis), [redis]);
    },
  },
  {
    name: 'two redis servers',
    ...(redisAbsent && { absent: redisAbsent }),
    async open() {
      if (two.length === 0) two = await openTwoCommonRedis();
      const prefix = newPrefix();
      const servers = two.map((redis) => redis.within(prefix));
      return slowly(new DividedRateLimits(servers.map((redis) => new RedisRateLimits(redis))), servers);
    },
  },
];

runContract(adapters, describeRateLimitsContract);

test('memory: a clock that was a day ahead delays no call for longer than the window', async () => {
  const limits = new MemoryRateLimits();
  const limit = { name: 'steady', perWindow: 1, windowMs: 60_000, burst: 0, burstWindowMs: 0 };
  const nowMs = 1_767_225_600_000;
  setSystemTime(nowMs + 86_400_000);
  await limits.consume(limit, 'ana');
  setSystemTime(nowMs);
  expect(await limits.consume(limit, 'ana')).toBe(60_000);
  setSystemTime();
});
