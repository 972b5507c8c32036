import type { ConversationId, UserId } from '@parley/protocol';

/**
 * One of the stores over which a registry is divided. Each has the leases of all servers, and the registrations of its
 * own users and conversations. A part loses its data, and its leases expire, independently of the other parts.
 */
export interface RegistryPart extends Pick<ConnectionRegistry, 'closeServer' | 'liveServers'> {
  /** Differs from the names of the other parts. */
  readonly name: string;

  /** Changes whenever the store has lost data, or a look-up for entries has left this part out. */
  generation(): Promise<string>;

  /**
   * Acquires a lease for a new server id, or renews the one that it holds, so that a call whose response was lost can be
   * repeated. `level` is the feature level that the server supports, by default the first. Rejects while a lease of this
   * id that expired is still to be dropped.
   */
  openServer(serverId: string, leaseMs: number, level?: number): Promise<void>;
  /** Returns false when the lease has expired: its registrations are gone too (race 6). */
  renewLease(serverId: string, leaseMs: number): Promise<boolean>;
}

/**
 * Who is connected to which server, in a fast key/value store. Nothing here is durable: the store may lose everything,
 * which shows as a new {@link RegistryPart.generation}; servers then register everything again.
 *
 * A registration holds from the moment its call resolves until it is withdrawn or the server's lease expires. A
 * registration for a server without a valid lease rejects with {@link Unavailable}.
 *
 * While one of several parts is unavailable, its users count as offline and are left out of look-ups. Registrations of
 * interests and watches there resolve without it. Afterwards the part has another generation for the servers whose
 * registrations it lacks, and for all servers if it was left out of a look-up for entries.
 */
export interface ConnectionRegistry {
  /** The parts of the registry. A call on the registry itself concerns all of them. */
  readonly parts: readonly RegistryPart[];
  /** The part that has the registrations of this user or conversation. */
  partOf(id: UserId | ConversationId): RegistryPart;

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
  /**
   * The servers of these users: by server, the users who are connected to it. With `forEntries`, the clients of a part
   * that is left out catch up afterwards. Without it, they miss what is sent: only for what may be lost.
   */
  serversOf(userIds: readonly UserId[], options?: { forEntries: boolean }): Promise<Map<string, UserId[]>>;
  /** The users among these who are online. */
  online(userIds: readonly UserId[]): Promise<Set<UserId>>;
  /** The number of users who are online on any server. */
  onlineCount(): Promise<number>;

  /** Entries of the conversation go to this server from the moment this resolves. */
  addInterest(serverId: string, conversationId: ConversationId): Promise<void>;
  dropInterest(serverId: string, conversationId: ConversationId): Promise<void>;
  /** The result has every requested conversation. The clients of a part that is left out catch up afterwards. */
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
