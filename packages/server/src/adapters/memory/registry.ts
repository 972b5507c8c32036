import type { ConversationId, UserId } from '@parley/protocol';
import { leaseExpired, leaseMissing } from '../../connections/lease-failures.ts';
import type { ConnectionRegistry, RegistryPart } from '../../connections/registry-port.ts';
import type { Clock } from '../../platform/clock.ts';
import { firstLevel } from '../../platform/features.ts';

interface ServerState {
  level: number;
  leaseEndsMs: number;
  users: Set<UserId>;
  watched: Set<UserId>;
  /** The online members of each conversation that the server is interested in. */
  interests: Map<ConversationId, number>;
}

/** The connection registry of the embedded shape, and of simulations of many servers in one process. */
export class MemoryConnectionRegistry implements ConnectionRegistry {
  private servers = new Map<string, ServerState>();
  private readonly serversByUser = new ServerIndex<UserId>();
  private readonly serversByWatchedUser = new ServerIndex<UserId>();
  private readonly serversByInterest = new ServerIndex<ConversationId>();
  readonly name = 'memory';
  readonly parts: readonly RegistryPart[] = [this];
  private forgotten = 0;

  /** Leases expire in simulations of many servers. The one server of a process cannot be cut off from its own memory. */
  constructor(
    private readonly clock: Clock,
    private readonly options: { leasesExpire: boolean } = { leasesExpire: true },
  ) {}

  partOf(): RegistryPart {
    return this;
  }

  /** Loses all data, as a store does that was flushed. */
  forget(): void {
    this.forgotten++;
    this.servers = new Map();
    for (const index of [this.serversByUser, this.serversByWatchedUser, this.serversByInterest]) index.clear();
  }

  async generation(): Promise<string> {
    return String(this.forgotten);
  }

  async openServer(serverId: string, leaseMs: number, level = firstLevel): Promise<void> {
    if (this.servers.has(serverId) && !(await this.renewLease(serverId, leaseMs))) throw leaseExpired(serverId);
    if (this.servers.has(serverId)) return;
    const leaseEndsMs = this.leaseEnd(leaseMs);
    this.servers.set(serverId, { level, leaseEndsMs, users: new Set(), watched: new Set(), interests: new Map() });
  }

  async renewLease(serverId: string, leaseMs: number): Promise<boolean> {
    const server = this.alive(serverId);
    if (!server) return false;
    server.leaseEndsMs = this.leaseEnd(leaseMs);
    return true;
  }

  async closeServer(serverId: string): Promise<UserId[]> {
    return this.drop(serverId);
  }

  async liveServers(): Promise<string[]> {
    return [...this.servers.keys()].filter((serverId) => this.alive(serverId));
  }

  async serverLevels(): Promise<Map<string, number>> {
    return new Map([...this.servers].flatMap(([id, { level }]) => (this.alive(id) ? [[id, level]] : [])));
  }

  async expireServers(): Promise<UserId[]> {
    const ended = [...this.servers.keys()].filter((serverId) => !this.alive(serverId));
    return ended.flatMap((serverId) => this.drop(serverId));
  }

  async connect(serverId: string, userId: UserId): Promise<boolean> {
    const server = this.holder(serverId);
    const wasOnline = this.isOnline(userId);
    server.users.add(userId);
    this.serversByUser.add(userId, serverId);
    return !wasOnline;
  }

  async disconnect(serverId: string, userId: UserId): Promise<boolean> {
    if (!this.servers.get(serverId)?.users.delete(userId)) return false;
    return this.wentOffline(userId, serverId);
  }

  async serversOf(userIds: readonly UserId[]): Promise<Map<string, UserId[]>> {
    const servers = new Map<string, UserId[]>();
    for (const userId of userIds) {
      for (const serverId of this.serversByUser.of(userId)) {
        if (!this.alive(serverId)) continue;
        const users = servers.get(serverId);
        if (users) users.push(userId);
        else servers.set(serverId, [userId]);
      }
    }
    return servers;
  }

  async online(userIds: readonly UserId[]): Promise<Set<UserId>> {
    return new Set(userIds.filter((userId) => this.isOnline(userId)));
  }

  async onlineCount(): Promise<number> {
    return [...this.serversByUser.keys()].filter((userId) => this.isOnline(userId)).length;
  }

  async addInterest(serverId: string, conversationId: ConversationId): Promise<void> {
    const server = this.holder(serverId);
    if (server.interests.has(conversationId)) return;
    server.interests.set(conversationId, 0);
    this.serversByInterest.add(conversationId, serverId);
  }

  async dropInterest(serverId: string, conversationId: ConversationId): Promise<void> {
    this.servers.get(serverId)?.interests.delete(conversationId);
    this.serversByInterest.remove(conversationId, serverId);
  }

  async interestedServers(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, string[]>> {
    return new Map(conversationIds.map((id) => [id, this.aliveOf(this.serversByInterest.of(id))]));
  }

  async setOnlineMembers(serverId: string, conversationId: ConversationId, count: number): Promise<void> {
    const server = this.alive(serverId);
    if (server?.interests.has(conversationId)) server.interests.set(conversationId, count);
  }

  async onlineMembers(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, number>> {
    const countIn = (id: ConversationId) =>
      this.aliveOf(this.serversByInterest.of(id))
        .map((serverId) => this.servers.get(serverId)?.interests.get(id) ?? 0)
        .reduce((sum, count) => sum + count, 0);
    return new Map(conversationIds.map((id) => [id, countIn(id)]));
  }

  async watch(serverId: string, userIds: readonly UserId[]): Promise<void> {
    const server = this.holder(serverId);
    for (const userId of userIds) {
      server.watched.add(userId);
      this.serversByWatchedUser.add(userId, serverId);
    }
  }

  async unwatch(serverId: string, userIds: readonly UserId[]): Promise<void> {
    for (const userId of userIds) {
      this.servers.get(serverId)?.watched.delete(userId);
      this.serversByWatchedUser.remove(userId, serverId);
    }
  }

  async watchersOf(userIds: readonly UserId[]): Promise<Map<UserId, string[]>> {
    return new Map(userIds.map((userId) => [userId, this.aliveOf(this.serversByWatchedUser.of(userId))]));
  }

  private alive(serverId: string): ServerState | undefined {
    const server = this.servers.get(serverId);
    return server && server.leaseEndsMs > this.clock.monotonicMs() ? server : undefined;
  }

  private leaseEnd(leaseMs: number): number {
    return this.options.leasesExpire ? this.clock.monotonicMs() + leaseMs : Number.POSITIVE_INFINITY;
  }

  private holder(serverId: string): ServerState {
    const server = this.alive(serverId);
    if (!server) throw leaseMissing(serverId);
    return server;
  }

  private aliveOf(serverIds: Iterable<string>): string[] {
    return [...serverIds].filter((serverId) => this.alive(serverId));
  }

  /** Drops the server with all its registrations. Returns the users who went offline by this. */
  private drop(serverId: string): UserId[] {
    const server = this.servers.get(serverId);
    if (!server) return [];
    this.servers.delete(serverId);
    for (const userId of server.watched) this.serversByWatchedUser.remove(userId, serverId);
    for (const conversationId of server.interests.keys()) this.serversByInterest.remove(conversationId, serverId);
    return [...server.users].filter((userId) => this.wentOffline(userId, serverId));
  }

  /** Removes the user from the server; returns whether the user is offline now. */
  private wentOffline(userId: UserId, serverId: string): boolean {
    this.serversByUser.remove(userId, serverId);
    if (this.isOnline(userId)) return false;
    // Servers whose lease expired but that are still to be dropped must not report this user a second time.
    for (const endedId of this.serversByUser.of(userId)) this.servers.get(endedId)?.users.delete(userId);
    this.serversByUser.delete(userId);
    return true;
  }

  private isOnline(userId: UserId): boolean {
    for (const serverId of this.serversByUser.of(userId)) if (this.alive(serverId)) return true;
    return false;
  }
}

/** The servers of each key. A key with one server, as in the embedded shape, takes no set. */
class ServerIndex<Key> {
  private readonly servers = new Map<Key, string | Set<string>>();

  add(key: Key, serverId: string): void {
    const known = this.servers.get(key);
    if (known === undefined) this.servers.set(key, serverId);
    else if (typeof known !== 'string') known.add(serverId);
    else if (known !== serverId) this.servers.set(key, new Set([known, serverId]));
  }

  remove(key: Key, serverId: string): void {
    const known = this.servers.get(key);
    if (known === undefined) return;
    if (typeof known === 'string') {
      if (known === serverId) this.servers.delete(key);
    } else if (known.delete(serverId) && known.size === 0) this.servers.delete(key);
  }

  delete(key: Key): void {
    this.servers.delete(key);
  }

  of(key: Key): Iterable<string> {
    const known = this.servers.get(key);
    if (known === undefined) return [];
    return typeof known === 'string' ? [known] : known;
  }

  keys(): Iterable<Key> {
    return this.servers.keys();
  }

  clear(): void {
    this.servers.clear();
  }
}
