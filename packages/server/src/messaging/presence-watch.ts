import { type ConversationId, limits, type ServerFrameOf, type UserId } from '@parley/protocol';
import type { ConnectionRegistry } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';
import { Gathering } from '../platform/gathering.ts';
import type { Connection } from './connection.ts';
import type { OnlineCounts } from './online-counts.ts';
import type { ServerIdFor } from './server-lease.ts';

/** How often online counts of watched conversations are read again. */
const countIntervalMs = 5_000;
/** How often the presence of all watched users is read again, because a hint of a change may be lost. */
const presenceIntervalMs = 20_000;

type Presence = ServerFrameOf<'presence'>;

interface Watcher {
  /** The watched users, each with the presence that was sent last; undefined before the first. */
  users: Map<UserId, boolean | undefined>;
  /** The users whose presence was read again while the request was under way; null while there is none. */
  missed: Set<UserId> | null;
  /**
   * Conversations whose online count the client receives, each with the count that was sent last; null before the
   * first.
   */
  counts: Map<ConversationId, number | null>;
  /** Changes that wait for the interval to end; null when none was sent during the last interval. */
  pending: Map<UserId, boolean> | null;
}

interface Wanted {
  userIds: readonly UserId[];
  conversationIds: readonly ConversationId[];
  visible(conversationIds: readonly ConversationId[]): Promise<ConversationId[]>;
}

function noWatcher(): Watcher {
  return { users: new Map(), missed: null, counts: new Map(), pending: null };
}

/**
 * The presence that each connection watches: a snapshot, then changes at most twice a second (contract 9). The registry
 * alone says whether a user is online. Hints of changes, which may be lost or late, and a timer have it read again; one
 * read at a time, so that what was read last is sent last.
 */
export class PresenceWatch {
  private readonly watchers = new Map<Connection, Watcher>();
  private readonly byUser = new Map<UserId, Set<Connection>>();
  private readonly reads = new Gathering<UserId>({ handle: (userIds) => this.readAgain(userIds) });
  private readonly stopTimers: (() => void)[];

  constructor(
    private readonly serverIdFor: ServerIdFor,
    private readonly registry: Pick<ConnectionRegistry, 'watch' | 'unwatch' | 'online'>,
    private readonly onlineCounts: OnlineCounts,
    private readonly clock: Clock,
    private readonly reportFailure: (error: unknown) => void,
  ) {
    this.stopTimers = [
      clock.every(countIntervalMs, () => {
        this.refreshCounts().catch(this.reportFailure);
      }),
      clock.every(presenceIntervalMs, () => this.reads.add(this.watched())),
    ];
  }

  stop(): void {
    for (const stop of this.stopTimers) stop();
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
    // Throws also for users who are watched already: while a user cannot be watched, the presence cannot be read either.
    this.serverIdFor([...userIds, ...conversationIds]);
    const watcher = this.watchers.get(connection) ?? noWatcher();
    this.watchers.set(connection, watcher);
    const missed = new Set<UserId>();
    watcher.missed = missed;
    try {
      return await this.replaceNow(connection, watcher, { userIds, conversationIds, visible });
    } finally {
      watcher.missed = null;
      // The snapshot may have been read before these changes, and is sent before them.
      if (!watcher.pending) this.collect(connection, watcher);
      this.reads.add([...missed]);
    }
  }

  private async replaceNow(
    connection: Connection,
    watcher: Watcher,
    { userIds, conversationIds, visible }: Wanted,
  ): Promise<Pick<Presence, 'users' | 'conversations'>> {
    const before = watcher.users;
    const wanted = [...new Set(userIds)];
    const added = wanted.filter((userId) => !before.has(userId));
    watcher.users = new Map(wanted.map((userId) => [userId, before.get(userId)]));
    const dropped = [...before.keys()].filter((userId) => !watcher.users.has(userId));
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
      this.registry.online(wanted),
      this.onlineCounts.of([...counts.keys()]),
    ]);
    const conversations = Array.from(counts.keys(), (conversationId) => {
      const onlineCount = onlineCounts.get(conversationId) ?? 0;
      counts.set(conversationId, onlineCount);
      return { conversationId, onlineCount };
    });
    for (const userId of wanted) watcher.users.set(userId, online.has(userId));
    return { users: wanted.map((userId) => ({ userId, online: online.has(userId) })), conversations };
  }

  /** The user is not a member any more: the connection receives no further counts of the conversation. */
  leave(conversationId: ConversationId, connection: Connection): void {
    this.watchers.get(connection)?.counts.delete(conversationId);
  }

  forget(connection: Connection): void {
    const watcher = this.watchers.get(connection);
    if (!watcher) return;
    this.watchers.delete(connection);
    this.drop([...watcher.users.keys()], connection).catch(this.reportFailure);
  }

  /** Forgets all watches without withdrawing them: they were registered under an id that is not valid any more. */
  reset(): void {
    this.watchers.clear();
    this.byUser.clear();
  }

  /** Reads the presence of the user again, and sends a change to the connections here that watch the user. */
  changed(userId: UserId): void {
    this.reads.add([userId]);
  }

  private async readAgain(userIds: readonly UserId[]): Promise<void> {
    const watched = [...new Set(userIds)].filter((userId) => this.byUser.has(userId));
    if (watched.length === 0) return;
    try {
      const online = await this.registry.online(watched);
      for (const userId of watched) this.sendChange(userId, online.has(userId));
    } catch (error) {
      this.reportFailure(error);
    }
  }

  private sendChange(userId: UserId, online: boolean): void {
    for (const connection of this.watchersOf(userId)) {
      const watcher = this.watchers.get(connection);
      if (watcher?.missed) watcher.missed.add(userId);
      if (!watcher || watcher.missed || watcher.users.get(userId) === online) continue;
      watcher.users.set(userId, online);
      if (watcher.pending) watcher.pending.set(userId, online);
      else this.sendThenCollect(connection, watcher, new Map([[userId, online]]));
    }
  }

  /** The connections here that watch the user. */
  watchersOf(userId: UserId): Iterable<Connection> {
    return this.byUser.get(userId) ?? [];
  }

  /** The users and conversations that the connection watches. */
  of(connection: Connection): (UserId | ConversationId)[] {
    const watcher = this.watchers.get(connection);
    return watcher ? [...watcher.users.keys(), ...watcher.counts.keys()] : [];
  }

  /** All users watched from here, to register them again after the registry lost them. */
  watched(): UserId[] {
    return [...this.byUser.keys()];
  }

  private sendThenCollect(connection: Connection, watcher: Watcher, changes: ReadonlyMap<UserId, boolean>): void {
    const users = Array.from(changes, ([userId, online]) => ({ userId, online }));
    connection.send({ type: 'presence', users, conversations: [] });
    this.collect(connection, watcher);
  }

  /** Collects changes for an interval, then sends them. */
  private collect(connection: Connection, watcher: Watcher): void {
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
      await this.registry.watch(this.serverIdFor(userIds), userIds);
    } catch (error) {
      for (const userId of userIds) watcher.users.delete(userId);
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
    if (unwatched.length > 0) await this.registry.unwatch(this.serverIdFor([]), unwatched);
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
