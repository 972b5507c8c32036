import { type ConversationId, limits, type ServerFrameOf, type UserId } from '@parley/protocol';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';
import type { Connection } from './connection.ts';
import type { OnlineCounts } from './online-counts.ts';

/** How often online counts of watched conversations are read again. */
const countIntervalMs = 5_000;

type Presence = ServerFrameOf<'presence'>;

interface Watcher {
  userIds: Set<UserId>;
  /**
   * Conversations whose online count the client receives, each with the count that was sent last; null before the
   * first.
   */
  counts: Map<ConversationId, number | null>;
  /** Changes that wait for the interval to end; null when none was sent during the last interval. */
  pending: Map<UserId, boolean> | null;
}

/** The presence that each connection watches: a snapshot, then changes at most twice a second (contract 9). */
export class PresenceWatch {
  private readonly watchers = new Map<Connection, Watcher>();
  private readonly byUser = new Map<UserId, Set<Connection>>();
  readonly stop: () => void;

  constructor(
    private readonly serverId: () => string,
    private readonly registry: Pick<ConnectionRegistry, 'watch' | 'unwatch' | 'online'>,
    private readonly onlineCounts: OnlineCounts,
    private readonly clock: Clock,
    private readonly reportFailure: (error: unknown) => void,
  ) {
    this.stop = clock.every(countIntervalMs, () => {
      this.refreshCounts().catch(this.reportFailure);
    });
  }

  /**
   * Replaces what the connection watches. Resolves to the snapshot; every change after the snapshot is sent.
   *
   * @param visible which of the conversations the connection may watch. It is called after the watch is registered, so
   *   a membership that ends meanwhile is either seen by it or ends the watch through {@link leave}.
   */
  async replace(
    connection: Connection,
    userIds: readonly UserId[],
    conversationIds: readonly ConversationId[],
    visible: (conversationIds: readonly ConversationId[]) => Promise<ConversationId[]>,
  ): Promise<Pick<Presence, 'users' | 'conversations'>> {
    // A connection that closed while its request was under way was forgotten before, and would stay registered forever.
    if (connection.closed) return { users: [], conversations: [] };
    const watcher = this.watchers.get(connection) ?? { userIds: new Set(), counts: new Map(), pending: null };
    this.watchers.set(connection, watcher);
    const wanted = new Set(userIds);
    const added = [...wanted].filter((userId) => !watcher.userIds.has(userId));
    const dropped = [...watcher.userIds].filter((userId) => !wanted.has(userId));
    watcher.userIds = wanted;
    for (const userId of added) this.add(userId, connection);
    await this.drop(dropped, connection);
    // The snapshot is read after the registry confirmed the watch, so that no change falls between the two. The
    // confirmation is awaited even if another connection watches the same user: that one's may still be under way.
    if (added.length > 0) await this.register(added, connection, watcher);
    const counts = new Map<ConversationId, number | null>(conversationIds.map((id) => [id, null]));
    watcher.counts = counts;
    const visibleIds = new Set(await visible(conversationIds));
    for (const id of conversationIds) if (!visibleIds.has(id)) counts.delete(id);
    const [online, onlineCounts] = await Promise.all([
      this.registry.online([...wanted]),
      this.onlineCounts.of([...counts.keys()]),
    ]);
    const conversations = Array.from(counts.keys(), (conversationId) => {
      const onlineCount = onlineCounts.get(conversationId) ?? 0;
      counts.set(conversationId, onlineCount);
      return { conversationId, onlineCount };
    });
    return { users: Array.from(wanted, (userId) => ({ userId, online: online.has(userId) })), conversations };
  }

  /** The user is not a member any more: the connection receives no further counts of the conversation. */
  leave(conversationId: ConversationId, connection: Connection): void {
    this.watchers.get(connection)?.counts.delete(conversationId);
  }

  forget(connection: Connection): void {
    const watcher = this.watchers.get(connection);
    if (!watcher) return;
    this.watchers.delete(connection);
    this.drop([...watcher.userIds], connection).catch(this.reportFailure);
  }

  /** Forgets all watches without withdrawing them: they were registered under an id that is not valid any more. */
  reset(): void {
    this.watchers.clear();
    this.byUser.clear();
  }

  /** Passes a change from the mailbox on to the connections here that watch the user. */
  changed(userId: UserId, online: boolean): void {
    for (const connection of this.watchersOf(userId)) {
      const watcher = this.watchers.get(connection);
      if (!watcher) continue;
      if (watcher.pending) watcher.pending.set(userId, online);
      else this.sendThenCollect(connection, watcher, new Map([[userId, online]]));
    }
  }

  /** The connections here that watch the user. */
  watchersOf(userId: UserId): Iterable<Connection> {
    return this.byUser.get(userId) ?? [];
  }

  /** All users watched from here, to register them again after the registry lost them. */
  watched(): UserId[] {
    return [...this.byUser.keys()];
  }

  private sendThenCollect(connection: Connection, watcher: Watcher, changes: ReadonlyMap<UserId, boolean>): void {
    const users = Array.from(changes, ([userId, online]) => ({ userId, online }));
    connection.send({ type: 'presence', users, conversations: [] });
    const pending = new Map<UserId, boolean>();
    watcher.pending = pending;
    this.clock.after(limits.presenceIntervalMs, () => {
      watcher.pending = null;
      if (pending.size > 0 && this.watchers.has(connection)) this.sendThenCollect(connection, watcher, pending);
    });
  }

  /** A watch that could not be registered is forgotten, so that a retry of the request registers it. */
  private async register(userIds: readonly UserId[], connection: Connection, watcher: Watcher): Promise<void> {
    try {
      await this.registry.watch(this.serverId(), userIds);
    } catch (error) {
      for (const userId of userIds) watcher.userIds.delete(userId);
      this.remove(userIds, connection);
      throw error;
    }
  }

  private add(userId: UserId, connection: Connection): void {
    const connections = this.byUser.get(userId);
    if (connections) connections.add(connection);
    else this.byUser.set(userId, new Set([connection]));
  }

  /** Returns the users whom no connection watches any more. */
  private remove(userIds: readonly UserId[], connection: Connection): UserId[] {
    return userIds.filter((userId) => {
      const connections = this.byUser.get(userId);
      connections?.delete(connection);
      return connections?.size === 0 && this.byUser.delete(userId);
    });
  }

  private async drop(userIds: readonly UserId[], connection: Connection): Promise<void> {
    const unwatched = this.remove(userIds, connection);
    if (unwatched.length > 0) await this.registry.unwatch(this.serverId(), unwatched);
  }

  private async refreshCounts(): Promise<void> {
    const watched = new Set([...this.watchers.values()].flatMap(({ counts }) => [...counts.keys()]));
    if (watched.size === 0) return;
    const counts = await this.onlineCounts.of([...watched]);
    for (const [connection, watcher] of this.watchers) {
      const changed = [...watcher.counts].flatMap(([conversationId, before]) => {
        const onlineCount = counts.get(conversationId) ?? before;
        // The snapshot brings the first count.
        if (before === null || onlineCount === before || onlineCount === null) return [];
        watcher.counts.set(conversationId, onlineCount);
        return [{ conversationId, onlineCount }];
      });
      if (changed.length > 0) connection.send({ type: 'presence', users: [], conversations: changed });
    }
  }
}
