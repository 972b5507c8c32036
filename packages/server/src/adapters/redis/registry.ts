import type { ConversationId, UserId } from '@parley/protocol';
import { leaseExpired, leaseMissing } from '../../connections/lease-failures.ts';
import type { RegistryPart } from '../../connections/registry-port.ts';
import type { Clock } from '../../platform/clock.ts';
import { Unusable } from '../../platform/failures.ts';
import { firstLevel } from '../../platform/features.ts';
import type { ClusterMark } from './cluster-mark.ts';
import type { RedisConnection } from './connection.ts';
import { noteSkipped, type RedisState, readState } from './generation.ts';
import { chunks, LookUps } from './look-ups.ts';
import type { PartServer } from './redis-part.ts';
import { noLease } from './scripts/held-leases.ts';
import type { ScriptName } from './scripts/scripts.ts';
import { listSeparator } from './scripts/server-lists.ts';

/** The number of entries of each kind that one step of dropping a server removes: a millisecond or two of Redis. */
const entriesInStep = 200;

/**
 * The connection registry on one Redis. Every call is one round trip, except those that drop servers. Changes of
 * several keys are one script (`scripts/`), so readers never see half of them. Servers whose lease expired are left out
 * of every result, dropped or not.
 */
export class RedisConnectionRegistry implements PartServer {
  readonly name = 'redis';
  readonly parts: readonly RegistryPart[] = [this];
  private readonly lookUps: LookUps;

  /**
   * Leases use Redis' own time, which is the same for all servers, unless a clock is given. Calls are refused when Redis
   * has another mark than the given one.
   */
  constructor(
    private readonly redis: RedisConnection,
    private readonly clock?: Pick<Clock, 'nowMs'>,
    private readonly mark?: ClusterMark,
  ) {
    this.lookUps = new LookUps(redis, () => this.givenTimeMs(), mark);
  }

  partOf(): RegistryPart {
    return this;
  }

  /** Whether Redis has been unavailable for so long that calls are refused at once. */
  get isLost(): boolean {
    return this.redis.isLost;
  }

  async generation(): Promise<string> {
    return (await this.state()).generation;
  }

  state(): Promise<RedisState> {
    return readState(this.redis, this.mark);
  }

  noteSkipped(names: readonly string[]): Promise<void> {
    return noteSkipped(this.redis, names);
  }

  async openServer(serverId: string, leaseMs: number, level = firstLevel): Promise<void> {
    if (serverId.includes(listSeparator))
      throw new Unusable(`a server id must not contain "${listSeparator}": "${serverId}"`);
    const opened = await this.run('openServer', serverId, leaseMs, level);
    if (opened !== 1) throw leaseExpired(serverId);
  }

  async renewLease(serverId: string, leaseMs: number): Promise<boolean> {
    return (await this.run('renewLease', serverId, leaseMs)) === 1;
  }

  closeServer(serverId: string): Promise<UserId[]> {
    return this.drop(serverId);
  }

  liveServers(): Promise<string[]> {
    return this.lookUps.liveServers();
  }

  async serverLevels(): Promise<Map<string, number>> {
    return new Map((await this.run('serverLevels')) as [string, number][]);
  }

  expireServers(): Promise<UserId[]> {
    return this.drop();
  }

  async connect(serverId: string, userId: UserId): Promise<boolean> {
    return (await this.register('connectUser', serverId, userId)) === 1;
  }

  async disconnect(serverId: string, userId: UserId): Promise<boolean> {
    return (await this.run('disconnectUser', serverId, userId)) === 1;
  }

  async serversOf(userIds: readonly UserId[]): Promise<Map<string, UserId[]>> {
    const servers = new Map<string, UserId[]>();
    const serversOfUsers = await this.lookUps.servers('users', userIds);
    for (const [index, userId] of userIds.entries()) {
      for (const serverId of serversOfUsers[index] ?? []) {
        const users = servers.get(serverId);
        if (users) users.push(userId);
        else servers.set(serverId, [userId]);
      }
    }
    return servers;
  }

  async online(userIds: readonly UserId[]): Promise<Set<UserId>> {
    const serversOfUsers = await this.lookUps.servers('users', userIds);
    return new Set(userIds.filter((_, index) => serversOfUsers[index]?.length));
  }

  async onlineCount(): Promise<number> {
    return Number(await this.run('onlineCount'));
  }

  async addInterest(serverId: string, conversationId: ConversationId): Promise<void> {
    await this.register('addInterest', serverId, conversationId);
  }

  async dropInterest(serverId: string, conversationId: ConversationId): Promise<void> {
    await this.run('dropInterest', serverId, conversationId);
  }

  async interestedServers(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, string[]>> {
    const interests = await this.lookUps.interests(conversationIds);
    return new Map(conversationIds.map((id, index) => [id, (interests[index] ?? []).map(([serverId]) => serverId)]));
  }

  async setOnlineMembers(serverId: string, conversationId: ConversationId, count: number): Promise<void> {
    await this.run('setOnlineMembers', serverId, conversationId, count);
  }

  async onlineMembers(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, number>> {
    const interests = await this.lookUps.interests(conversationIds);
    const sum = (index: number) => (interests[index] ?? []).reduce((total, [, count]) => total + count, 0);
    return new Map(conversationIds.map((id, index) => [id, sum(index)]));
  }

  async watch(serverId: string, userIds: readonly UserId[]): Promise<void> {
    await Promise.all(chunks(userIds).map((some) => this.register('watchUsers', serverId, ...some)));
  }

  async unwatch(serverId: string, userIds: readonly UserId[]): Promise<void> {
    await Promise.all(chunks(userIds).map((some) => this.run('unwatchUsers', serverId, ...some)));
  }

  async watchersOf(userIds: readonly UserId[]): Promise<Map<UserId, string[]>> {
    const watchers = await this.lookUps.servers('watchers', userIds);
    return new Map(userIds.map((userId, index) => [userId, watchers[index] ?? []]));
  }

  /**
   * Drops the server, or every server whose lease expired, step by step. Returns the users who went offline by this.
   */
  private async drop(serverId?: string): Promise<UserId[]> {
    const offline: UserId[] = [];
    const which = serverId === undefined ? [] : [serverId];
    for (let more = true; more; ) {
      const answer = await this.run('dropServer', entriesInStep, ...which);
      const [again, userIds] = answer as [0 | 1, UserId[]];
      offline.push(...userIds);
      more = again === 1;
    }
    return offline;
  }

  /** Runs a script that returns {@link noLease} for a server without a valid lease. */
  private async register(script: ScriptName, serverId: string, ...values: string[]): Promise<unknown> {
    const answer = await this.run(script, serverId, ...values);
    if (answer === noLease) throw leaseMissing(serverId);
    return answer;
  }

  private run(script: ScriptName, ...values: (string | number)[]): Promise<unknown> {
    return this.redis.run(script, this.givenTimeMs(), ...values);
  }

  /** The time argument of scripts: empty for Redis' own time. */
  private givenTimeMs(): number | '' {
    return this.clock?.nowMs() ?? '';
  }
}
