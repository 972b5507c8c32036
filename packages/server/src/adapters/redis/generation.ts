import type { RedisConnection } from './connection.ts';

/**
 * Changes whenever Redis lost data. A flush removes the random mark that it holds; a restart or failover, which may
 * lose the last writes but not the mark, changes the run id of the Redis process.
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

/** Makes every server register again, and its clients catch up, as if Redis had lost its data. */
export async function beginGeneration(redis: RedisConnection): Promise<void> {
  await redis.pipeline((pipeline) => {
    pipeline.set(`${redis.prefix}generation`, crypto.randomUUID());
  });
}
