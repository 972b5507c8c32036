import type { ConversationId, UserId } from '@parley/protocol';

/**
 * Who is connected to which server, in a fast key/value store. Nothing here is durable: the store may lose everything,
 * which shows as a new {@link ConnectionRegistry.generation}; servers then register everything again.
 *
 * A registration holds from the moment its call resolves until it is withdrawn or the server's lease expires. A
 * registration for a server without a valid lease rejects with {@link Unavailable}.
 */
export interface ConnectionRegistry {
  /** Changes whenever the store has lost data. */
  generation(): Promise<string>;

  /**
   * Acquires a lease for a new server id, or renews the one that it holds, so that a call whose response was lost can be
   * repeated. `level` is the feature level that the server supports, by default the first. Rejects while a lease of this
   * id that expired is still to be dropped.
   */
  openServer(serverId: string, leaseMs: number, level?: number): Promise<void>;
  /** Returns false when the lease has expired: its registrations are gone too (race 6). */
  renewLease(serverId: string, leaseMs: number): Promise<boolean>;
  /** Gives up the lease and its registrations. Returns the users who went offline by this. */
  closeServer(serverId: string): Promise<UserId[]>;
  /** The servers with a valid lease. */
  liveServers(): Promise<string[]>;
  /** The same, each with the feature level that it supports. */
  serverLevels(): Promise<Map<string, number>>;
  /**
   * Drops servers whose lease has expired. Each user who goes offline by this is returned to one
   * caller; to none when the call rejects.
   */
  expireServers(): Promise<UserId[]>;

  /** Registers that the user is connected to this server. Returns true when the user was offline before. Idempotent. */
  connect(serverId: string, userId: UserId): Promise<boolean>;
  /** Registers that the user has no connection left on this server. Returns true when the user is offline now. */
  disconnect(serverId: string, userId: UserId): Promise<boolean>;
  /** The servers of these users: by server, the users who are connected to it. */
  serversOf(userIds: readonly UserId[]): Promise<Map<string, UserId[]>>;
  /** The users among these who are online. */
  online(userIds: readonly UserId[]): Promise<Set<UserId>>;
  /** The number of users who are online on any server. */
  onlineCount(): Promise<number>;

  /** Entries of the conversation go to this server from the moment this resolves. */
  addInterest(serverId: string, conversationId: ConversationId): Promise<void>;
  dropInterest(serverId: string, conversationId: ConversationId): Promise<void>;
  /** The result has every requested conversation. */
  interestedServers(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, string[]>>;
  /** Sets the number of members of the conversation who are online on this server, which must be interested in it. */
  setOnlineMembers(serverId: string, conversationId: ConversationId, count: number): Promise<void>;
  /** The sum over all servers: a user on two servers counts twice. The result has every requested conversation. */
  onlineMembers(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, number>>;

  /** Presence changes of these users go to this server from the moment this resolves. */
  watch(serverId: string, userIds: readonly UserId[]): Promise<void>;
  unwatch(serverId: string, userIds: readonly UserId[]): Promise<void>;
  /** The servers that watch each of these users. The result has every requested user. */
  watchersOf(userIds: readonly UserId[]): Promise<Map<UserId, string[]>>;
}
