import { afterAll } from 'bun:test';
import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import type { RedisConnection } from '../../src/adapters/redis/connection.ts';
import { DividedConnectionRegistry } from '../../src/adapters/redis/divided-registry.ts';
import { RedisConnectionRegistry } from '../../src/adapters/redis/registry.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type AdapterUnderTest, runContract } from './adapter-under-test.ts';
import { deleteAll, newPrefix, openCommonRedis, openTwoCommonRedis, redisAbsent } from './redis-under-test.ts';
import { describeRegistryContract } from './registry-contract.ts';
import type { RegistryUnderTest } from './registry-under-test.ts';

let common: RedisConnection | null = null;
let two: RedisConnection[] = [];
afterAll(() => Promise.all([common, ...two].map((redis) => redis?.close())));

const adapters: AdapterUnderTest<RegistryUnderTest>[] = [
  {
    name: 'memory',
    async open() {
      const clock = new FakeClock();
      const registry = new MemoryConnectionRegistry(clock);
      return {
        registry,
        passTime: async (durationMs) => clock.advance(durationMs),
        forget: async () => registry.forget(),
        close: async () => undefined,
      };
    },
  },
  {
    name: 'redis',
    ...(redisAbsent && { absent: redisAbsent }),
    async open() {
      common ??= await openCommonRedis();
      const redis = common.within(newPrefix());
      // Counted from 0, because sums of thirds then equal those of the suite's model.
      const clock = new FakeClock(0);
      return {
        registry: new RedisConnectionRegistry(redis, clock),
        passTime: async (durationMs) => clock.advance(durationMs),
        forget: () => deleteAll(redis),
        close: () => deleteAll(redis),
      };
    },
  },
  {
    name: 'two redis servers',
    ...(redisAbsent && { absent: redisAbsent }),
    async open() {
      if (two.length === 0) two = await openTwoCommonRedis();
      const prefix = newPrefix();
      const servers = two.map((redis) => redis.within(prefix));
      const clock = new FakeClock(0);
      const parts = servers.map((redis, index) => {
        return { name: `server ${index}`, registry: new RedisConnectionRegistry(redis, clock) };
      });
      return {
        registry: new DividedConnectionRegistry(parts, clock),
        passTime: async (durationMs) => clock.advance(durationMs),
        forget: async () => void (await Promise.all(servers.map(deleteAll))),
        close: async () => void (await Promise.all(servers.map(deleteAll))),
      };
    },
  },
];

runContract(adapters, describeRegistryContract);
