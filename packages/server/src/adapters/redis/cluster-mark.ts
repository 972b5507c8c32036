import { Unavailable, Unusable } from '../../platform/failures.ts';
import type { RedisConnection } from './connection.ts';
import { markKey } from './scripts/held-leases.ts';

/** One of the Redis servers of a cluster. */
export interface ClusterServer {
  name: string;
  /** The names of all Redis servers of the cluster, in order. */
  names: readonly string[];
  /** The number of the cluster's logical shards. */
  shards: number;
}

/**
 * The mark of a Redis says which cluster it belongs to: the number of logical shards and, if there are several Redis
 * servers, its own name and the names of all. Processes with other settings would not find each other's registrations,
 * so they are refused when they start, and stop when the mark changes while they run.
 */
export class ClusterMark {
  /** The text that Redis stores. */
  readonly text: string;

  constructor(
    private readonly redis: RedisConnection,
    private readonly server: ClusterServer,
    /** Called when the mark was replaced while this process ran. */
    private readonly replaced: (failure: Unusable) => void = () => undefined,
  ) {
    const { name, names, shards } = server;
    this.text = names.length === 1 ? String(shards) : `${shards} ${name} ${names.join(',')}`;
  }

  /** Rejects with {@link Unusable} when Redis has another mark. */
  async confirm(): Promise<void> {
    const [found] = await this.redis.pipeline((pipeline) => {
      pipeline.get(this.key);
    });
    if (!this.allows(found)) throw this.refusal(String(found));
  }

  /** Sets the mark if Redis has none; otherwise as {@link confirm}. A Redis that lost its data has lost the mark too. */
  async set(): Promise<void> {
    const [, found] = await this.redis.pipeline((pipeline) => {
      pipeline.set(this.key, this.text, 'NX');
      pipeline.get(this.key);
    });
    if (!this.allows(found)) throw this.refusal(String(found));
  }

  /** Overwrites the mark. Processes with other settings stop. */
  async replace(): Promise<void> {
    await this.redis.pipeline((pipeline) => {
      pipeline.set(this.key, this.text);
    });
  }

  /** Throws {@link Unavailable} if `found`, which a call has read, is another mark. */
  check(found: unknown): void {
    if (this.allows(found)) return;
    const failure = this.refusal(String(found));
    this.replaced(failure);
    throw new Unavailable(failure.message, { cause: failure });
  }

  get key(): string {
    return this.redis.prefix + markKey;
  }

  /** A Redis that lost its data has no mark until a process sets it again. */
  private allows(found: unknown): boolean {
    return found === null || found === '' || found === this.text;
  }

  private refusal(found: string): Unusable {
    const [foundShards = '', foundName, foundNames] = found.split(' ');
    const { address, prefix } = this.redis;
    const { name, names, shards } = this.server;
    if (foundShards !== String(shards)) {
      return new Unusable(
        `Redis at ${address} serves a cluster of ${foundShards} logical shards under the prefix ${prefix}, ` +
          `and this server is set to ${shards}. Set it to ${foundShards}, or give this cluster another prefix.`,
      );
    }
    const marked = foundName === undefined ? 'the only Redis of its cluster' : `server ${foundName} of ${foundNames}`;
    const here = names.length === 1 ? 'the only one' : `server ${name} of ${names.join(',')}`;
    return new Unusable(
      `--redis: Redis at ${address} is marked as ${marked}, and this process uses it as ${here}. ` +
        'Give every process the same servers; "parley cluster redis" changes them.',
    );
  }
}
