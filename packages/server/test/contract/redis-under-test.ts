import { describe, test } from 'bun:test';
import { openRedis, type RedisConnection } from '../../src/adapters/redis/connection.ts';
import type { RedisTimeouts } from '../../src/adapters/redis/readiness.ts';
import { patienceMs } from '../support/patience.ts';
import { serviceAddress, withoutService } from '../support/services.ts';

/** Why tests on the shared Redis are skipped; undefined when they are not. */
export const redisAbsent = withoutService('redis') ?? undefined;
/** Tests on the shared Redis, or a skipped test that says why there is none. */
export function describeOnRedis(name: string, run: () => void): void {
  describeUnless(redisAbsent, name, run);
}

/** Runs tests, or a skipped test that says why not. */
export function describeUnless(absent: string | undefined, name: string, run: () => void): void {
  if (absent === undefined) describe(name, run);
  else test.skip(`${name}: ${absent}`, () => undefined);
}

/** Throws an unexpected failure, for which nobody waits. */
function fail(error: unknown): never {
  throw error;
}

/** For tests that are not about timeouts: a busy machine may delay any of their thousands of calls by a second. */
export const patientTimeouts: RedisTimeouts = {
  ...{ connectMs: patienceMs, reconnectWaitMs: patienceMs, commandMs: patienceMs, silenceMs: patienceMs },
};

/** A connected client of the shared Redis, of one of its databases, with a prefix of its own. */
export async function openCommonRedis(database = 0): Promise<RedisConnection> {
  const url = `${serviceAddress('redis')}/${database}`;
  const redis = openRedis({ url, prefix: newPrefix(), report: fail }, patientTimeouts);
  await redis.pipeline((pipeline) => pipeline.ping());
  return redis;
}

/** Clients of two databases of the shared Redis, which act as two servers: no command spans both. */
export function openTwoCommonRedis(): Promise<RedisConnection[]> {
  return Promise.all([0, 1].map(openCommonRedis));
}

export function newPrefix(): string {
  return `test-${Bun.randomUUIDv7()}`;
}

/** All values under the connection's prefix, sorted by key. */
export async function keysOf({ client, prefix }: RedisConnection): Promise<string[]> {
  const keys: string[] = [];
  for await (const some of client.scanStream({ match: `${prefix}*`, count: 1_000 })) keys.push(...some);
  return [...new Set(keys)].map((key) => key.slice(prefix.length)).sort();
}

export async function deleteAll(redis: RedisConnection): Promise<void> {
  const keys = await keysOf(redis);
  if (keys.length > 0) await redis.client.unlink(...keys.map((key) => redis.prefix + key));
}

/** Makes every key with an expiry expire `durationMs` earlier. */
export async function shortenLives(redis: RedisConnection, durationMs: number): Promise<void> {
  for (const key of await keysOf(redis)) {
    const leftMs = await redis.client.pttl(redis.prefix + key);
    if (leftMs >= 0) await redis.client.pexpire(redis.prefix + key, leftMs - durationMs);
  }
}
