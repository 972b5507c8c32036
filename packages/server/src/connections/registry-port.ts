import type { ConversationId, UserId } from '@parley/protocol';

/**
 * Who is connected where, on a fast key/value store. Nothing here is durable: the store may forget everything, which
 * shows as a new {@link ConnectionRegistry.generation}; servers then register everything again.
 *
 * A server's registrations count from the moment the call resolves until they are taken back or its lease ends.
 */
export interface ConnectionRegistry {
  /** Changes whenever the store forgot what it held. */
  generation(): Promise<string>;

  /** Takes a lease for a new server id, of a program that supports this feature level; the first unless given. */
  openServer(serverId: string, leaseMs: number, level?: number): Promise<void>;
  /** False when the lease is gone: whatever was registered under it is gone too (race 6). */
  renewLease(serverId: string, leaseMs: number): Promise<boolean>;
  /** Gives up the lease and everything under it. Returns who thereby went offline. */
  closeServer(serverId: string): Promise<UserId[]>;
  /** The servers whose lease holds. */
  liveServers(): Promise<string[]>;
  /** The same, each with the feature level that it supports. */
  serverLevels(): Promise<Map<string, number>>;
  /** Drops servers whose lease has ended. Who thereby went offline is returned to exactly one caller. */
  expireServers(): Promise<UserId[]>;

  /** The user has a connection on this server. True when they were offline before. Repeating it changes nothing. */
  connect(serverId: string, userId: UserId): Promise<boolean>;
  /** The user has no connection left on this server. True when they are offline now. */
  disconnect(serverId: string, userId: UserId): Promise<boolean>;
  /** Which of these users are on which servers. */
  serversOf(userIds: readonly UserId[]): Promise<Map<string, UserId[]>>;
  /** Those of these users who are online. */
  online(userIds: readonly UserId[]): Promise<Set<UserId>>;
  /** How many users are online anywhere. */
  onlineCount(): Promise<number>;

  /** From when this resolves, entries of the conversation go to this server. */
  addInterest(serverId: string, conversationId: ConversationId): Promise<void>;
  dropInterest(serverId: string, conversationId: ConversationId): Promise<void>;
  /** Every conversation asked for is in the answer. */
  interestedServers(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, string[]>>;
  /** How many members of an interesting conversation are online on this server. */
  setOnlineMembers(serverId: string, conversationId: ConversationId, count: number): Promise<void>;
  /** The sum over servers: somebody on two servers counts twice. Every conversation asked for is in the answer. */
  onlineMembers(conversationIds: readonly ConversationId[]): Promise<Map<ConversationId, number>>;

  /** From when this resolves, presence changes of these users are told to this server. */
  watch(serverId: string, userIds: readonly UserId[]): Promise<void>;
  unwatch(serverId: string, userIds: readonly UserId[]): Promise<void>;
  /** The servers that watch each of these users. Every user asked for is in the answer. */
  watchersOf(userIds: readonly UserId[]): Promise<Map<UserId, string[]>>;
}
