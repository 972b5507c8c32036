import type { RedisConnection } from './connection.ts';

/**
 * Changes whenever Redis forgot something: with a flush, by the random mark that it holds; with a restart or a failover,
 * in which the last writes may be lost although the mark is not, by the id that every Redis process gives itself.
 */
export async function generation(redis: RedisConnection): Promise<string> {
  const key = `${redis.prefix}generation`;
  const [, mark, server] = await redis.pipeline((pipeline) => {
    pipeline.set(key, crypto.randomUUID(), 'NX');
    pipeline.get(key);
    pipeline.info('server');
  });
  const processId = /^run_id:(\w+)/m.exec(String(server))?.[1] ?? '';
  return `${mark}/${processId}`;
}

/** Has every server register again, and its clients look for what they have missed, as if Redis had forgotten. */
export async function beginGeneration(redis: RedisConnection): Promise<void> {
  await redis.pipeline((pipeline) => {
    pipeline.set(`${redis.prefix}generation`, crypto.randomUUID());
  });
}
