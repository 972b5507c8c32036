import type { ConversationId, UserId } from '@parley/protocol';
import type { ConnectionRegistry } from '../../connections/registry-port.ts';
import type { Clock } from '../../platform/clock.ts';
import { Unavailable } from '../../platform/failures.ts';
import { shardOf } from '../../platform/shards.ts';
import { SharedCalls } from '../../platform/shared-calls.ts';
import { type PartServer, RedisPart, type States } from './redis-part.ts';

/**
 * The connection registry on several Redis servers. The hash of the id of a user or a conversation chooses the server
 * that has its registrations; each server has the leases of all edges. A look-up calls each server that has some of the
 * ids once, all at the same time.
 */
export class DividedConnectionRegistry implements ConnectionRegistry {
  readonly parts: readonly RedisPart[];
  private reading: Promise<States> | null = null;
  /** Notes of look-ups that end while a note is under way are written together: batches make many at the same time. */
  private readonly notes = new SharedCalls<RedisPart[]>({ run: (leftOut) => this.noteSkipped(leftOut.flat()) });

  /** `servers` must have the same order in every process. */
  constructor(servers: readonly { name: string; registry: PartServer }[], clock: Pick<Clock, 'monotonicMs'>) {
    this.parts = servers.map(({ name, registry }) => new RedisPart(name, registry, () => this.states(), clock));
  }

  partOf(id: UserId | ConversationId): RedisPart {
    return this.parts[shardOf(id, this.parts.length)] as RedisPart;
  }

  async closeServer(serverId: string): Promise<UserId[]> {
    return (await this.atAvailable((part) => part.closeServer(serverId))).flat();
  }

  async liveServers(): Promise<string[]> {
    return [...new Set((await this.atAvailable((part) => part.liveServers())).flat())];
  }

  async serverLevels(): Promise<Map<string, number>> {
    return new Map(
      (await this.atAvailable(({ registry }) => registry.serverLevels())).flatMap((levels) => [...levels]),
    );
  }

  async expireServers(): Promise<UserId[]> {
    return (await this.atAvailable(({ registry }) => registry.expireServers())).flat();
  }

  connect(serverId: string, userId: UserId): Promise<boolean> {
    return this.partOf(userId).registry.connect(serverId, userId);
  }

  disconnect(serverId: string, userId: UserId): Promise<boolean> {
    return this.partOf(userId).registry.disconnect(serverId, userId);
  }

  async serversOf(userIds: readonly UserId[], { forEntries } = { forEntries: false }): Promise<Map<string, UserId[]>> {
    const look = ({ registry }: RedisPart, some: UserId[]) => registry.serversOf(some);
    const found = forEntries ? await this.lookUpForEntries(userIds, look) : (await this.lookUp(userIds, look)).results;
    const servers = new Map<string, UserId[]>();
    for (const [serverId, users] of found.flatMap((some) => [...some])) {
      const others = servers.get(serverId);
      if (others) others.push(...users);
      else servers.set(serverId, users);
    }
    return servers;
  }

  async online(userIds: readonly UserId[]): Promise<Set<UserId>> {
    const { results } = await this.lookUp(userIds, ({ registry }, some) => registry.online(some));
    return new Set(results.flatMap((some) => [...some]));
  }

  async onlineCount(): Promise<number> {
    const counts = await this.atAvailable(({ registry }) => registry.onlineCount());
    return counts.reduce((sum, count) => sum + count, 0);
  }

  addInterest(serverId: string, conversationId: ConversationId): Promise<void> {
    const part = this.partOf(conversationId);
    return part.registerNowOrAgain(() => part.registry.addInterest(serverId, conversationId));
  }

  dropInterest(serverId: string, conversationId: ConversationId): Promise<void> {
    return this.partOf(conversationId).registry.dropInterest(serverId, conversationId);
  }

  async interestedServers(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, string[]>> {
    const found = await this.lookUpForEntries(conversationIds, ({ registry }, some) =>
      registry.interestedServers(some),
    );
    return completed(conversationIds, found, () => []);
  }

  setOnlineMembers(serverId: string, conversationId: ConversationId, count: number): Promise<void> {
    return this.partOf(conversationId).registry.setOnlineMembers(serverId, conversationId, count);
  }

  async onlineMembers(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, number>> {
    const { results } = await this.lookUp(conversationIds, ({ registry }, some) => registry.onlineMembers(some));
    return completed(conversationIds, results, () => 0);
  }

  async watch(serverId: string, userIds: readonly UserId[]): Promise<void> {
    const byPart = Array.from(Map.groupBy(userIds, (id) => this.partOf(id)));
    await Promise.all(byPart.map(([part, some]) => part.registerNowOrAgain(() => part.registry.watch(serverId, some))));
  }

  async unwatch(serverId: string, userIds: readonly UserId[]): Promise<void> {
    await this.lookUp(userIds, ({ registry }, some) => registry.unwatch(serverId, some));
  }

  async watchersOf(userIds: readonly UserId[]): Promise<Map<UserId, string[]>> {
    const { results } = await this.lookUp(userIds, ({ registry }, some) => registry.watchersOf(some));
    return completed(userIds, results, () => []);
  }

  /** Notes the servers that the look-up left out, so that their users catch up. */
  private async lookUpForEntries<Id extends string, Result>(
    ids: readonly Id[],
    look: (part: RedisPart, ids: Id[]) => Promise<Result>,
  ): Promise<Result[]> {
    const { results, leftOut } = await this.lookUp(ids, look);
    if (leftOut.length > 0) await this.notes.call(leftOut);
    return results;
  }

  private async noteSkipped(leftOut: readonly RedisPart[]): Promise<void> {
    const names = new Set(leftOut.map(({ name }) => name));
    await this.atAvailable(({ registry }) => registry.noteSkipped([...names]));
  }

  /** Looks up the ids at their servers. Leaves out servers that have been unavailable for a while. */
  private async lookUp<Id extends string, Result>(
    ids: readonly Id[],
    look: (part: RedisPart, ids: Id[]) => Promise<Result>,
  ): Promise<{ results: Result[]; leftOut: RedisPart[] }> {
    const byPart = Map.groupBy(ids, (id) => this.partOf(id));
    return this.at([...byPart.keys()], (part) => look(part, byPart.get(part) ?? []));
  }

  /** Calls every server. Leaves out servers that have been unavailable for a while. */
  private async atAvailable<Result>(call: (part: RedisPart) => Promise<Result>): Promise<Result[]> {
    return (await this.at(this.parts, call)).results;
  }

  private async at<Result>(
    parts: readonly RedisPart[],
    call: (part: RedisPart) => Promise<Result>,
  ): Promise<{ results: Result[]; leftOut: RedisPart[] }> {
    const leftOut: RedisPart[] = [];
    const results = await Promise.all(
      parts.map(async (part): Promise<Result[]> => {
        try {
          return [await call(part)];
        } catch (error) {
          if (!(error instanceof Unavailable && part.isLost) || this.parts.every(({ isLost }) => isLost)) throw error;
          leftOut.push(part);
          return [];
        }
      }),
    );
    return { results: results.flat(), leftOut };
  }

  /** The state of every server. All parts need it at the same time, so they share one read. */
  private states(): Promise<States> {
    this.reading ??= this.readStates().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  private async readStates(): Promise<States> {
    return new Map(
      await Promise.all(
        this.parts.map(async ({ name, registry }) => [name, await registry.state().catch(() => null)] as const),
      ),
    );
  }
}

/** Joins the maps into one that has every id. */
function completed<Id, Value>(
  ids: readonly Id[],
  found: readonly ReadonlyMap<Id, Value>[],
  missing: () => Value,
): Map<Id, Value> {
  const all = new Map(found.flatMap((some) => [...some]));
  return new Map(ids.map((id) => [id, all.get(id) ?? missing()]));
}
