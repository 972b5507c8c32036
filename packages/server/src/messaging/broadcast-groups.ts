import type { ConversationId, UserId } from '@parley/protocol';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import { type Connection, identityOf } from './connection.ts';
import type { Publish } from './socket.ts';

interface Group {
  topic: string;
  /** The id under which this server's interest is registered. */
  serverId: string;
  connections: Set<Connection>;
  users: Map<UserId, number>;
  /** Resolves when this server's interest is registered. */
  registered: Promise<void>;
}

/**
 * The broadcast conversations that a user connected here is a member of. The server registers its interest when the
 * first such user connects and drops it when the last one disconnects, so an entry costs one copy per server and is
 * published natively to its sockets.
 */
export class BroadcastGroups {
  private readonly groups = new Map<ConversationId, Group>();
  private readonly byConnection = new Map<Connection, Set<ConversationId>>();

  constructor(
    private readonly serverId: () => string,
    private readonly registry: Pick<ConnectionRegistry, 'addInterest' | 'dropInterest' | 'setOnlineMembers'>,
    private readonly publishTopic: Publish,
    private readonly reportFailure: (error: unknown) => void,
  ) {}

  /** Once this resolves, every entry of the conversation that is decided later reaches the connection. */
  async enter(conversationId: ConversationId, connection: Connection): Promise<void> {
    const group = this.groups.get(conversationId) ?? this.open(conversationId);
    if (!group.connections.has(connection)) {
      group.connections.add(connection);
      const { userId } = identityOf(connection);
      group.users.set(userId, (group.users.get(userId) ?? 0) + 1);
      connection.socket.subscribe(group.topic);
      const conversations = this.byConnection.get(connection);
      if (conversations) conversations.add(conversationId);
      else this.byConnection.set(connection, new Set([conversationId]));
    }
    await group.registered;
  }

  leave(conversationId: ConversationId, connection: Connection): void {
    const group = this.groups.get(conversationId);
    if (!group?.connections.delete(connection)) return;
    if (!connection.closed) connection.socket.unsubscribe(group.topic);
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

  has(conversationId: ConversationId): boolean {
    return this.groups.has(conversationId);
  }

  /** The ids of all groups here, to register them again after the registry lost them. */
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

  /** Reports to the registry how many members of each group are online here. */
  async reportOnlineMembers(): Promise<void> {
    await Promise.all(
      Array.from(this.groups, ([conversationId, { users }]) =>
        this.registry.setOnlineMembers(this.serverId(), conversationId, users.size),
      ),
    );
  }

  private open(conversationId: ConversationId): Group {
    const serverId = this.serverId();
    const group: Group = {
      serverId,
      topic: `conversation/${conversationId}`,
      connections: new Set(),
      users: new Map(),
      registered: this.registry.addInterest(serverId, conversationId),
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
