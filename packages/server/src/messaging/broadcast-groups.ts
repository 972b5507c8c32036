import type { ConversationId, UserId } from '@parley/protocol';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import { type Connection, identityOf } from './connection.ts';
import type { ServerIdFor } from './server-lease.ts';
import type { Publish } from './socket.ts';

interface Group {
  topic: string;
  /** The topic of the connections that get amendments. */
  amendmentsTopic: string;
  /** The connections whose clients have not declared their features yet. */
  undeclared: Set<Connection>;
  /** The id under which this server's interest is registered. */
  serverId: string;
  connections: Set<Connection>;
  users: Map<UserId, number>;
  /** Resolves when this server's interest is registered. */
  registered: Promise<void>;
  /** The number of members that the registry has for this server; null when that is not certain. */
  reported: number | null;
}

/** Every so many reports, unchanged numbers are reported too, because a registry that fails over may lose the last ones. */
const reportsUntilAll = 30;

/**
 * The broadcast conversations that a user connected here is a member of. The server registers its interest when the
 * first such user connects and drops it when the last one disconnects, so an entry costs one copy per server and is
 * published natively to its sockets.
 */
export class BroadcastGroups {
  private readonly groups = new Map<ConversationId, Group>();
  private readonly byConnection = new Map<Connection, Set<ConversationId>>();
  private reports = 0;

  constructor(
    private readonly serverIdFor: ServerIdFor,
    private readonly registry: Pick<ConnectionRegistry, 'addInterest' | 'dropInterest' | 'setOnlineMembers'>,
    private readonly publishTopic: Publish,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  /**
   * Once this resolves, every entry of the conversation that is decided later reaches the connection. Rejects when this
   * server cannot register its interest at present, or when its earlier registration is not valid any more.
   */
  async enter(conversationId: ConversationId, connection: Connection): Promise<void> {
    const serverId = this.serverIdFor([conversationId]);
    const group = this.groups.get(conversationId) ?? this.open(conversationId, serverId);
    if (!group.connections.has(connection)) {
      group.connections.add(connection);
      const { userId } = identityOf(connection);
      group.users.set(userId, (group.users.get(userId) ?? 0) + 1);
      connection.socket.subscribe(group.topic);
      if (connection.wantsAmendments) connection.socket.subscribe(group.amendmentsTopic);
      else if (connection.wantsAmendments === null) group.undeclared.add(connection);
      const conversations = this.byConnection.get(connection);
      if (conversations) conversations.add(conversationId);
      else this.byConnection.set(connection, new Set([conversationId]));
    }
    await group.registered;
  }

  leave(conversationId: ConversationId, connection: Connection): void {
    const group = this.groups.get(conversationId);
    if (!group?.connections.delete(connection)) return;
    group.undeclared.delete(connection);
    if (!connection.closed) {
      connection.socket.unsubscribe(group.topic);
      connection.socket.unsubscribe(group.amendmentsTopic);
    }
    this.byConnection.get(connection)?.delete(conversationId);
    const { userId } = identityOf(connection);
    const left = (group.users.get(userId) ?? 1) - 1;
    if (left > 0) group.users.set(userId, left);
    else group.users.delete(userId);
    if (group.connections.size === 0) this.close(conversationId, group);
  }

  leaveAll(connection: Connection): void {
    for (const conversationId of this.byConnection.get(connection) ?? []) this.leave(conversationId, connection);
    this.byConnection.delete(connection);
  }

  /** Forgets all groups without dropping the interests: they were registered under an id that is not valid any more. */
  reset(): void {
    this.groups.clear();
    this.byConnection.clear();
  }

  /** The conversations whose groups the connection is in. */
  of(connection: Connection): Iterable<ConversationId> {
    return this.byConnection.get(connection) ?? [];
  }

  has(conversationId: ConversationId): boolean {
    return this.groups.has(conversationId);
  }

  /** The ids of all groups here, to {@link registerAgain} after the registry lost them. */
  ids(): ConversationId[] {
    return [...this.groups.keys()];
  }

  users(conversationId: ConversationId): Iterable<UserId> {
    return this.groups.get(conversationId)?.users.keys() ?? [];
  }

  includes(conversationId: ConversationId, connection: Connection): boolean {
    return this.groups.get(conversationId)?.connections.has(connection) ?? false;
  }

  /** Sends to every connection of the group. Returns the number of connections. */
  publish(conversationId: ConversationId, text: string): number {
    const group = this.groups.get(conversationId);
    if (!group) return 0;
    this.publishTopic(group.topic, text);
    return group.connections.size;
  }

  /** Sends to the connections of the group that get amendments. */
  publishAmendments(conversationId: ConversationId, text: string): void {
    const group = this.groups.get(conversationId);
    if (!group) return;
    this.publishTopic(group.amendmentsTopic, text);
    for (const connection of group.undeclared) connection.sendAmendment(text);
  }

  /** The client of the connection declared its features, or others than before. */
  featuresChanged(connection: Connection): void {
    if (connection.closed) return;
    for (const conversationId of this.byConnection.get(connection) ?? []) {
      const group = this.groups.get(conversationId);
      if (!group) continue;
      group.undeclared.delete(connection);
      if (connection.wantsAmendments) connection.socket.subscribe(group.amendmentsTopic);
      else connection.socket.unsubscribe(group.amendmentsTopic);
    }
  }

  /**
   * Reports to the registry how many members of each group are online here, for groups in which that has changed: a
   * server may have thousands of groups.
   */
  async reportOnlineMembers(): Promise<void> {
    const isOfAll = this.reports++ % reportsUntilAll === 0;
    const changed = [...this.groups].filter(([, { reported, users }]) => isOfAll || reported !== users.size);
    await Promise.all(changed.map(([conversationId, group]) => this.report(conversationId, group)));
  }

  /** Registers this server's interest again after the registry lost it, and with it the number of members. */
  async registerAgain(conversationId: ConversationId): Promise<void> {
    const group = this.groups.get(conversationId);
    if (!group) return;
    await this.registry.addInterest(this.serverIdFor([conversationId]), conversationId);
    group.reported = null;
  }

  private async report(conversationId: ConversationId, group: Group): Promise<void> {
    // Without the interest, the registry keeps no number.
    await group.registered;
    const online = group.users.size;
    await this.registry.setOnlineMembers(this.serverIdFor([conversationId]), conversationId, online);
    group.reported = online;
  }

  private open(conversationId: ConversationId, serverId: string): Group {
    const group: Group = {
      serverId,
      topic: `conversation/${conversationId}`,
      amendmentsTopic: `amendments/${conversationId}`,
      undeclared: new Set(),
      connections: new Set(),
      users: new Map(),
      registered: this.registry.addInterest(serverId, conversationId),
      reported: null,
    };
    this.groups.set(conversationId, group);
    return group;
  }

  private close(conversationId: ConversationId, group: Group): void {
    this.groups.delete(conversationId);
    const dropped = group.registered
      .catch(() => undefined)
      .then(() => {
        // Another member may have connected meanwhile: the interest must stay.
        if (!this.groups.has(conversationId)) return this.registry.dropInterest(group.serverId, conversationId);
        return undefined;
      });
    dropped.catch(this.reportFailure);
  }
}
