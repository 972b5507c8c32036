import type { ConversationId, UserId } from '@parley/protocol';
import { cutOffReason } from '../connections/lease-failures.ts';
import type { ConnectionRegistry, RegistryPart } from '../connections/registry-port.ts';
import type { Clock } from '../platform/clock.ts';
import type { Attendance } from './attendance.ts';
import type { BroadcastGroups } from './broadcast-groups.ts';
import { type Connection, identityOf } from './connection.ts';
import type { PresenceWatch } from './presence-watch.ts';
import { RegisteringAgain } from './registering-again.ts';
import type { Roster } from './roster.ts';

const none = () => false;

/** Clients of a server that lost a lease reconnect spread over this time. */
export const resyncSpreadMs = 5_000;

export interface RecoveryPorts {
  serverId(): string;
  registry: Pick<ConnectionRegistry, 'partOf' | 'connect' | 'watch'>;
  roster: Roster;
  attendance: Attendance;
  groups: BroadcastGroups;
  watch: PresenceWatch;
  clock: Clock;
}

/**
 * Registers again what a part of the registry lost. Has the clients catch up that may have missed entries meanwhile: those
 * of the part's users, and those in broadcast conversations of the part.
 */
export class PartRecovery {
  private readonly again = new Map<RegistryPart, RegisteringAgain>();

  constructor(private readonly ports: RecoveryPorts) {}

  /** See `LeaseEvents.forgotten`. */
  async registerAgain(isContinued: boolean, keepLease: () => Promise<void>, part: RegistryPart): Promise<void> {
    const { registry, attendance, groups, watch } = this.ports;
    const serverId = this.ports.serverId();
    const again = this.again.get(part) ?? new RegisteringAgain();
    this.again.set(part, again);
    if (!isContinued) again.reset();
    const isOfPart = (id: UserId | ConversationId) => registry.partOf(id) === part;
    const users = attendance.present().filter(isOfPart);
    const conversations = groups.ids().filter(isOfPart);
    await again.run(
      [
        ...users.map((id) => ({ key: `user ${id}`, register: () => registry.connect(serverId, id) })),
        ...conversations.map((id) => ({ key: `group ${id}`, register: () => groups.registerAgain(id) })),
      ],
      keepLease,
    );
    await registry.watch(serverId, watch.watched().filter(isOfPart));
    this.resync(part, 'the registry had lost this server for a while');
  }

  /**
   * Has the clients that this server cannot serve without the part reconnect: those of {@link registerAgain}, and those
   * that watch users of the part or count the online members of its conversations.
   */
  cutOff(part: RegistryPart): void {
    const { registry, attendance, watch } = this.ports;
    attendance.reset((userId) => registry.partOf(userId) === part);
    const watches = (connection: Connection) => watch.of(connection).some((id) => registry.partOf(id) === part);
    this.resync(part, cutOffReason, watches);
  }

  private resync(part: RegistryPart, reason: string, alsoConcerns: (connection: Connection) => boolean = none): void {
    const connections = [...this.ports.roster.all()].filter(
      (connection) => this.concerns(part, connection) || alsoConcerns(connection),
    );
    for (const [index, connection] of connections.entries()) {
      this.ports.clock.after((resyncSpreadMs * index) / connections.length, () => connection.resync(reason));
    }
  }

  private concerns(part: RegistryPart, connection: Connection): boolean {
    const { registry, groups } = this.ports;
    if (registry.partOf(identityOf(connection).userId) === part) return true;
    for (const conversationId of groups.of(connection)) if (registry.partOf(conversationId) === part) return true;
    return false;
  }
}
