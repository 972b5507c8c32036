import type { ClusterMark } from './cluster-mark.ts';
import type { RedisConnection } from './connection.ts';

/** Shows whether Redis has lost data, and whether look-ups have left out a server. */
export interface RedisState {
  /**
   * Changes whenever Redis lost data. A flush removes the random mark that it holds; a restart or failover, which may
   * lose the last writes but not the mark, changes the run id of the Redis process.
   */
  generation: string;
  /** The last note of {@link noteSkipped} for each server, by its name. */
  skipped: Readonly<Record<string, string>>;
}

/** Reads the state. Sets the mark again if Redis has lost it. */
export async function readState(redis: RedisConnection, mark?: ClusterMark): Promise<RedisState> {
  const key = `${redis.prefix}generation`;
  const [generation, server, skipped, , found] = (
    await redis.pipeline((pipeline) => {
      pipeline.set(key, crypto.randomUUID(), 'NX');
      pipeline.get(key);
      pipeline.info('server');
      pipeline.hgetall(`${redis.prefix}skipped`);
      if (!mark) return;
      pipeline.set(mark.key, mark.text, 'NX');
      pipeline.get(mark.key);
    })
  ).slice(1);
  mark?.check(found ?? null);
  const processId = /^run_id:(\w+)/m.exec(String(server))?.[1] ?? '';
  return { generation: `${generation}/${processId}`, skipped: skipped as Record<string, string> };
}

/** Writes a note that look-ups left out these servers because they were unavailable. */
export async function noteSkipped(redis: RedisConnection, names: readonly string[]): Promise<void> {
  await redis.pipeline((pipeline) => {
    for (const name of names) pipeline.hset(`${redis.prefix}skipped`, name, crypto.randomUUID());
  });
}

/** Makes every server register again, and its clients catch up, as if Redis had lost its data. */
export async function beginGeneration(redis: RedisConnection): Promise<void> {
  await redis.pipeline((pipeline) => {
    pipeline.set(`${redis.prefix}generation`, crypto.randomUUID());
  });
}
