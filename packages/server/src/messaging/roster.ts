import type { SessionId, UserId } from '@parley/protocol';
import { type Connection, identityOf } from './connection.ts';

/** The connections of this server, by user. */
export class Roster {
  /** The list of a user's connections is replaced when it changes, so that it can be read meanwhile. */
  private readonly byUser = new Map<UserId, { arrival: number; connections: readonly Connection[] }>();
  private connectionCount = 0;
  /** Arrivals are numbered: one for each user who connected without having another connection here. */
  private arrivals = 0;

  get lastArrival(): number {
    return this.arrivals;
  }

  get connections(): number {
    return this.connectionCount;
  }

  get users(): number {
    return this.byUser.size;
  }

  add(connection: Connection): void {
    const { userId } = identityOf(connection);
    const present = this.byUser.get(userId);
    if (present) present.connections = [...present.connections, connection];
    else this.byUser.set(userId, { arrival: ++this.arrivals, connections: [connection] });
    this.connectionCount++;
  }

  remove(connection: Connection): void {
    const { userId } = identityOf(connection);
    const present = this.byUser.get(userId);
    if (!present?.connections.includes(connection)) return;
    this.connectionCount--;
    present.connections = present.connections.filter((each) => each !== connection);
    if (present.connections.length === 0) this.byUser.delete(userId);
  }

  /** The number of the user's arrival; infinity for a user who is not connected here. */
  arrivalOf(userId: UserId): number {
    return this.byUser.get(userId)?.arrival ?? Number.POSITIVE_INFINITY;
  }

  of(userId: UserId): Iterable<Connection> {
    return this.byUser.get(userId)?.connections ?? [];
  }

  *all(): Iterable<Connection> {
    for (const { connections } of this.byUser.values()) yield* connections;
  }

  /** Closes the connections of these sessions; of all the user's when `sessionIds` is null. */
  revoke(userId: UserId, sessionIds: readonly SessionId[] | null): void {
    for (const connection of [...this.of(userId)]) {
      if (!sessionIds || sessionIds.includes(identityOf(connection).sessionId)) connection.close('revoked');
    }
  }
}
