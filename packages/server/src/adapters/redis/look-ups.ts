import type { ClusterMark } from './cluster-mark.ts';
import type { RedisConnection } from './connection.ts';
import { listSeparator } from './scripts/server-lists.ts';

/** The maximum number of ids in one command: a thousand block Redis for about a millisecond. */
const idsInCommand = 1_000;

/**
 * Reads the registry, without servers whose lease expired. Those are read first, in the same round trip, and usually
 * there are none: a server found afterwards had a valid lease then or acquired one since. All results are in the order
 * of the ids.
 */
export class LookUps {
  constructor(
    private readonly redis: RedisConnection,
    private readonly givenTimeMs: () => number | '',
    private readonly mark?: ClusterMark,
  ) {}

  /** The servers that each of the users is connected to, or that watch the user. */
  async servers(hash: 'users' | 'watchers', userIds: readonly string[]): Promise<string[][]> {
    if (userIds.length === 0) return [];
    const { prefix } = this.redis;
    const [first, ...answers] = await this.redis.pipeline((pipeline) => {
      pipeline.endedServers(prefix, this.givenTimeMs());
      for (const some of chunks(userIds)) pipeline.hmget(prefix + hash, ...some);
    });
    const lists = (answers as (string | null)[][]).flat();
    const endedIds = this.endedIds(first);
    return lists.map((list) => (list?.split(listSeparator) ?? []).filter((serverId) => !endedIds.has(serverId)));
  }

  /** The servers that are interested in each of the conversations, with how many of its members are online there. */
  async interests(conversationIds: readonly string[]): Promise<[serverId: string, onlineMembers: number][][]> {
    if (conversationIds.length === 0) return [];
    const { prefix } = this.redis;
    const [first, ...answers] = await this.redis.pipeline((pipeline) => {
      pipeline.endedServers(prefix, this.givenTimeMs());
      for (const id of conversationIds) pipeline.hgetall(`${prefix}interest:${id}`);
    });
    const endedIds = this.endedIds(first);
    return (answers as Record<string, string>[]).map((counts) =>
      Object.entries(counts)
        .filter(([serverId]) => !endedIds.has(serverId))
        .map(([serverId, count]) => [serverId, Number(count)]),
    );
  }

  /** The servers with a valid lease. */
  async liveServers(): Promise<string[]> {
    const { prefix } = this.redis;
    const [first, live] = await this.redis.pipeline((pipeline) => {
      pipeline.endedServers(prefix, this.givenTimeMs());
      pipeline.liveServers(prefix, this.givenTimeMs());
    });
    this.endedIds(first);
    return live as string[];
  }

  /** From the answer of the script `endedServers`. */
  private endedIds(answer: unknown): ReadonlySet<string> {
    const [found, ended] = answer as [string, string[]];
    this.mark?.check(found);
    return new Set(ended);
  }
}

/** Parts of at most {@link idsInCommand}. */
export function chunks<Id>(ids: readonly Id[]): Id[][] {
  const count = Math.ceil(ids.length / idsInCommand);
  return Array.from({ length: count }, (_, index) => ids.slice(index * idsInCommand, (index + 1) * idsInCommand));
}
