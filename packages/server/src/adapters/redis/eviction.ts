import { Unusable } from '../../platform/failures.ts';
import type { RedisConnection } from './connection.ts';

/**
 * Ensures that this Redis evicts no keys of the registry when its memory is full: users would miss frames, and no new
 * generation would show it. Rejects with {@link Unusable} when it may.
 */
export async function confirmKeepsKeys(redis: RedisConnection): Promise<void> {
  const [memory] = await redis.pipeline((pipeline) => pipeline.info('memory'));
  const setting = (name: string) => new RegExp(`^${name}:(\\S*)`, 'm').exec(String(memory))?.[1] ?? '';
  const policy = setting('maxmemory_policy');
  if (setting('maxmemory') === '0' || !policy.startsWith('allkeys')) return;
  throw new Unusable(
    `Redis at ${redis.address} evicts any keys when its memory is full (maxmemory-policy ${policy}). ` +
      'Set maxmemory-policy to noeviction, or to one of the volatile- policies, which evict only rate limits.',
  );
}
