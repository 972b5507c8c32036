import { Unusable } from '../../platform/failures.ts';
import type { RedisConnection } from './connection.ts';

/**
 * Ensures that this Redis belongs to a cluster of `expected` logical shards. Marks it when it has no mark, which it may
 * have lost. Rejects with {@link Unusable} when it is marked with another number.
 */
export async function confirmShards(redis: RedisConnection, expected: number): Promise<void> {
  const key = `${redis.prefix}shards`;
  const [, marked] = await redis.pipeline((pipeline) => {
    pipeline.set(key, expected, 'NX');
    pipeline.get(key);
  });
  if (marked === String(expected)) return;
  throw new Unusable(
    `Redis at ${redis.address} serves a cluster of ${marked} logical shards under the prefix ${redis.prefix}, ` +
      `and this server is set to ${expected}. Set it to ${marked}, or give this cluster another prefix.`,
  );
}
