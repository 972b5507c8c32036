import type { RedisConnection } from './connection.ts';
import { listSeparator } from './scripts/server-lists.ts';

/** Ids in one command: a thousand cost Redis about a millisecond, in which it serves nobody else. */
const idsInCommand = 1_000;

/**
 * What the registry holds, without servers whose lease ended. Which those are is asked first, in the same round trip,
 * and normally they are none: whatever is found after that is under another server, whose lease held or was taken
 * since. All answers are in the order of the ids.
 */
export class LookUps {
  constructor(
    private readonly redis: RedisConnection,
    private readonly toldMs: () => number | '',
  ) {}

  /** The servers where each of the users is, or that watch them. */
  async servers(hash: 'users' | 'watchers', userIds: readonly string[]): Promise<string[][]> {
    if (userIds.length === 0) return [];
    const { prefix } = this.redis;
    const [ended, ...answers] = await this.redis.pipeline((pipeline) => {
      pipeline.endedServers(prefix, this.toldMs());
      for (const some of chunks(userIds)) pipeline.hmget(prefix + hash, ...some);
    });
    const lists = (answers as (string | null)[][]).flat();
    const endedIds = new Set(ended as string[]);
    return lists.map((list) => (list?.split(listSeparator) ?? []).filter((serverId) => !endedIds.has(serverId)));
  }

  /** The servers that are interested in each of the conversations, with how many of its members are online there. */
  async interests(conversationIds: readonly string[]): Promise<[serverId: string, onlineMembers: number][][]> {
    if (conversationIds.length === 0) return [];
    const { prefix } = this.redis;
    const [ended, ...answers] = await this.redis.pipeline((pipeline) => {
      pipeline.endedServers(prefix, this.toldMs());
      for (const id of conversationIds) pipeline.hgetall(`${prefix}interest:${id}`);
    });
    const endedIds = new Set(ended as string[]);
    return (answers as Record<string, string>[]).map((counts) =>
      Object.entries(counts)
        .filter(([serverId]) => !endedIds.has(serverId))
        .map(([serverId, count]) => [serverId, Number(count)]),
    );
  }
}

/** Parts of at most {@link idsInCommand}. */
export function chunks<Id>(ids: readonly Id[]): Id[][] {
  const count = Math.ceil(ids.length / idsInCommand);
  return Array.from({ length: count }, (_, index) => ids.slice(index * idsInCommand, (index + 1) * idsInCommand));
}
