import { type ClientFrameOf, type ConversationId, limits, type UserId } from '@parley/protocol';
import type { ConversationStore } from '../conversations/conversations-port.ts';
import type { ConversationReads } from '../operations/conversation-reads.ts';
import type { Clock } from '../platform/clock.ts';
import type { EnabledFeatures } from '../platform/enabled-features.ts';
import type { Caller } from '../users/accounts.ts';
import type { Attendance } from './attendance.ts';
import type { BroadcastGroups } from './broadcast-groups.ts';
import type { Connection } from './connection.ts';
import type { PresenceWatch } from './presence-watch.ts';
import type { Roster } from './roster.ts';

export interface ArrivalPorts {
  authenticate(token: string): Promise<Caller | undefined>;
  /** Whether the caller's session is still valid. */
  isOpen(caller: Caller): Promise<boolean>;
  conversations: Pick<ConversationStore, 'broadcastConversations'>;
  reads: Pick<ConversationReads, 'snapshot'>;
  clock: Clock;
  enabled: Pick<EnabledFeatures, 'names'>;
}

/** Turns a connection into a user's connection, and removes it again. */
export class Arrival {
  constructor(
    private readonly ports: ArrivalPorts,
    private readonly roster: Roster,
    private readonly attendance: Attendance,
    private readonly groups: BroadcastGroups,
    private readonly watch: PresenceWatch,
  ) {}

  /**
   * Authenticates, registers the connection for live entries (roster, registry, groups), and only then reads the
   * snapshot: entries decided after the registration come live, earlier ones are in the snapshot (contract 5, race 2).
   */
  async hello(connection: Connection, hello: ClientFrameOf<'hello'>): Promise<void> {
    const authenticated = await this.ports.authenticate(hello.token);
    if (!authenticated) {
      connection.send({ type: 'error', code: 'unauthenticated', message: 'The token is not valid.' });
      connection.close('unauthenticated');
    }
    if (!authenticated || connection.closed) return;
    const { user, session } = authenticated;
    connection.identity = { userId: user.id, sessionId: session.id };
    this.roster.add(connection);
    connection.depart = await this.attendance.arrive(user.id);
    if (connection.closed) return this.leave(connection);
    // A revocation before the registration found no connection to close, so the session is checked once more.
    if (!(await this.ports.isOpen(authenticated))) {
      connection.close('revoked');
      return;
    }
    await this.enterGroups(connection, user.id);
    if (connection.closed) return;
    const { homepage, readRevision, epoch } = await this.ports.reads.snapshot(user.id, {
      limit: hello.homepageLimit ?? limits.homepagePageSize,
      left: hello.resume,
    });
    const { id, username, displayName, administrator } = user;
    connection.sentFeatures = this.ports.enabled.names;
    connection.send({
      type: 'welcome',
      account: { id, username, displayName, administrator },
      sessionId: session.id,
      serverTimeMs: this.ports.clock.nowMs(),
      homepage,
      readRevision,
      ...(epoch === undefined ? {} : { epoch }),
      features: [...connection.sentFeatures],
    });
  }

  /**
   * Enters the groups of the user's broadcast conversations. If a membership ended between reading the list and
   * entering the group, its end found no group to leave, so the list is read again until it equals the groups entered.
   */
  private async enterGroups(connection: Connection, userId: UserId): Promise<void> {
    let entered = new Set<ConversationId>();
    while (true) {
      const current = new Set(await this.ports.conversations.broadcastConversations(userId));
      if (connection.closed) return;
      for (const id of entered) if (!current.has(id)) this.groups.leave(id, connection);
      const added = [...current].filter((id) => !entered.has(id));
      if (added.length === 0 && current.size === entered.size) return;
      await Promise.all(added.map((id) => this.groups.enter(id, connection)));
      entered = current;
    }
  }

  /** Undoes what {@link hello} did so far. Called when the socket closed. */
  leave(connection: Connection): void {
    this.watch.forget(connection);
    this.groups.leaveAll(connection);
    if (!connection.identity) return;
    this.roster.remove(connection);
    connection.depart?.();
    connection.depart = null;
  }
}
