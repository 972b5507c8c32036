import type { ConnectionRegistry } from '../../connections/registry-port.ts';
import type { RateLimits } from '../../gateway/rate-limits-port.ts';
import { systemClock } from '../../platform/clock.ts';
import { Unavailable, type Unusable } from '../../platform/failures.ts';
import { ClusterMark } from './cluster-mark.ts';
import { openRedis, type RedisConnection } from './connection.ts';
import { DividedRateLimits } from './divided-rate-limits.ts';
import { DividedConnectionRegistry } from './divided-registry.ts';
import { confirmKeepsKeys } from './eviction.ts';
import { beginGeneration, readState } from './generation.ts';
import { RedisRateLimits } from './rate-limits.ts';
import { RedisConnectionRegistry } from './registry.ts';

interface Server {
  name: string;
  redis: RedisConnection;
  /** Null before {@link RedisServers.confirm}. */
  mark: ClusterMark | null;
}

/** The Redis servers of a cluster, one or more. The hash of an id chooses the server of a user or a conversation. */
export class RedisServers {
  /** Resolves when the cluster has other servers than this process was started with. */
  readonly replaced: Promise<Unusable>;
  private readonly foundReplaced: (failure: Unusable) => void;
  private readonly servers: readonly Server[];

  /** The order of the list does not matter. */
  constructor(
    list: readonly { name: string; url: string }[],
    { prefix, report }: { prefix: string; report(error: unknown): void },
  ) {
    const { promise, resolve } = Promise.withResolvers<Unusable>();
    this.replaced = promise;
    this.foundReplaced = resolve;
    this.servers = list
      .toSorted((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ name, url }) => ({ name, redis: openRedis({ url, prefix, report }), mark: null }));
  }

  get connections(): RedisConnection[] {
    return this.servers.map(({ redis }) => redis);
  }

  /**
   * Marks the servers as those of this cluster.
   *
   * @throws {Unusable} when one is marked as another server or of another cluster, or may evict keys.
   */
  async confirm(shards: number): Promise<void> {
    const marks = this.marksFor(shards);
    // No server is marked before the marks of all were compared.
    await Promise.all(marks.map((mark) => mark.confirm()));
    await Promise.all(marks.map((mark) => mark.set()));
    await Promise.all(this.connections.map(confirmKeepsKeys));
  }

  /**
   * For a report: the registry on the servers that answer, or null if none does, and the reason why each other server does
   * not. Sets no marks.
   *
   * @throws {Unusable} as {@link confirm}.
   */
  async reachable(shards: number): Promise<{
    registry: Pick<ConnectionRegistry, 'liveServers' | 'serverLevels' | 'onlineCount'> | null;
    unavailable: Map<string, string>;
  }> {
    const results = await Promise.allSettled(this.marksFor(shards).map((mark) => mark.confirm()));
    const unavailable = new Map<string, string>();
    for (const [index, { name }] of this.servers.entries()) {
      const result = results[index];
      if (result?.status !== 'rejected') continue;
      if (!(result.reason instanceof Unavailable)) throw result.reason;
      unavailable.set(name, result.reason.message);
    }
    const answering = this.servers.filter(({ name }) => !unavailable.has(name));
    return { registry: answering.length === 0 ? null : registryOn(answering), unavailable };
  }

  /** Makes these the servers of the cluster. Processes with other servers stop. */
  async replace(shards: number): Promise<void> {
    await Promise.all(this.connections.map(confirmKeepsKeys));
    await Promise.all(this.marksFor(shards).map((mark) => mark.replace()));
    await this.beginGeneration();
  }

  /** Makes every edge register again, and its clients catch up. */
  async beginGeneration(): Promise<void> {
    await Promise.all(this.connections.map(beginGeneration));
  }

  registry(): ConnectionRegistry {
    return registryOn(this.servers);
  }

  rateLimits(): RateLimits {
    return new DividedRateLimits(this.connections.map((redis) => new RedisRateLimits(redis)));
  }

  /** The check of each server, by its name among all services. */
  checks(): Record<string, () => Promise<unknown>> {
    const isOnly = this.servers.length === 1;
    return Object.fromEntries(
      this.servers.map(({ name, redis, mark }) => [
        isOnly ? 'redis' : `redis ${name}`,
        () => readState(redis, mark ?? undefined),
      ]),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.connections.map((redis) => redis.close()));
  }

  private marksFor(shards: number): ClusterMark[] {
    const names = this.servers.map(({ name }) => name);
    return this.servers.map((server) => {
      const mark = new ClusterMark(server.redis, { name: server.name, names, shards }, this.foundReplaced);
      server.mark = mark;
      return mark;
    });
  }
}

function registryOn(servers: readonly Server[]): ConnectionRegistry {
  const registries = servers.map(({ name, redis, mark }) => ({
    name,
    registry: new RedisConnectionRegistry(redis, undefined, mark ?? undefined),
  }));
  const [first] = registries;
  return registries.length === 1 && first ? first.registry : new DividedConnectionRegistry(registries, systemClock);
}
