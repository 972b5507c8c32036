import type { SessionId, UserId } from '@parley/protocol';
import type { Mailboxes } from '../connections/mailbox-port.ts';
import type { ConnectionRegistry, RegistryPart } from '../connections/registry-port.ts';
import type { ConversationStore } from '../conversations/conversations-port.ts';
import type { CommandSubmitter } from '../distribution/submitter.ts';
import type { HistoryStore } from '../history/history-port.ts';
import type { ConversationReads } from '../operations/conversation-reads.ts';
import type { Messages } from '../operations/messages.ts';
import type { ReadReceipts } from '../operations/read-receipts.ts';
import type { Clock } from '../platform/clock.ts';
import type { EnabledFeatures } from '../platform/enabled-features.ts';
import type { Ids } from '../platform/ids.ts';
import type { Tracing } from '../platform/tracing.ts';
import type { WorkBudgets } from '../platform/work-budget.ts';
import type { WorkTurns } from '../platform/work-turns.ts';
import { AmendmentFanOut } from './amendment-fan-out.ts';
import { Arrival, type ArrivalPorts } from './arrival.ts';
import { Attendance } from './attendance.ts';
import { BroadcastGroups } from './broadcast-groups.ts';
import { Connection, type Identity, identityOf } from './connection.ts';
import { drain } from './drain.ts';
import { FanOut } from './fan-out.ts';
import { FlowControl } from './flow-control.ts';
import { Heartbeat } from './heartbeat.ts';
import { Inbox } from './inbox.ts';
import { Intake } from './intake.ts';
import { MessageVisibility } from './message-visibility.ts';
import type { MessagingMetrics } from './messaging-metrics.ts';
import { OnlineCounts } from './online-counts.ts';
import { Outbox } from './outbox.ts';
import { Overload } from './overload.ts';
import { PartRecovery, resyncSpreadMs } from './part-recovery.ts';
import { PresenceAnnouncer } from './presence-announcer.ts';
import { PresenceWatch } from './presence-watch.ts';
import { type RequestPorts, Requests } from './requests.ts';
import { Roster } from './roster.ts';
import { type ServerIdFor, ServerLease } from './server-lease.ts';
import type { Publish, Socket } from './socket.ts';

const onlineMembersIntervalMs = 2_000;
/** Time for the requests that are under way when the server is told to stop. */
const finishMs = 5_000;

export interface MessagingPorts {
  registry: ConnectionRegistry;
  mailboxes: Mailboxes;
  history: HistoryStore;
  conversations: ConversationStore;
  messages: Messages;
  amendments: RequestPorts['amendments'];
  reads: ConversationReads;
  receipts: ReadReceipts;
  submitter: CommandSubmitter;
  authenticate: ArrivalPorts['authenticate'];
  isOpen: ArrivalPorts['isOpen'];
  admission: RequestPorts['admission'];
  /** The budget of frames for each address; null for no limit, for load tests. */
  addressBudgets: Pick<WorkBudgets, 'of'> | null;
  turns: WorkTurns;
  publish: Publish;
  clock: Clock;
  ids: Ids;
  metrics: MessagingMetrics;
  tracing: Tracing;
  enabled: Pick<EnabledFeatures, 'names'>;
  reportFailure(error: unknown): void;
}

/** The WebSocket service of one server: holds the sockets, receives frames and sends entries. */
export class Messaging {
  readonly roster = new Roster();
  private readonly heartbeat: Heartbeat;
  private readonly lease: ServerLease;
  private readonly attendance: Attendance;
  private readonly groups: BroadcastGroups;
  private readonly watch: PresenceWatch;
  private readonly announcer: PresenceAnnouncer;
  private readonly arrival: Arrival;
  private readonly flow: FlowControl;
  private readonly amendments: AmendmentFanOut;
  private readonly fanOut: FanOut;
  private readonly inbox: Inbox;
  private readonly outbox = new Outbox();
  private readonly recovery: PartRecovery;
  private readonly stopReporting: () => void;

  constructor(private readonly ports: MessagingPorts) {
    const { registry, clock, conversations, history, reads, reportFailure } = ports;
    const serverId = () => this.lease.serverId;
    const serverIdFor: ServerIdFor = (ids) => this.lease.serverIdFor(ids);
    this.heartbeat = new Heartbeat(clock);
    this.announcer = new PresenceAnnouncer(registry, ports.mailboxes, clock, reportFailure);
    const announce = (userId: string, online: boolean) => this.announcer.announce([userId], online);
    this.attendance = new Attendance(serverIdFor, registry, announce, clock, reportFailure);
    // Frames that were sent to single connections before must not be overtaken by one that goes to all.
    const publish: Publish = (topic, text) => {
      this.outbox.flush();
      ports.publish(topic, text);
    };
    this.groups = new BroadcastGroups(serverIdFor, registry, publish, reportFailure);
    const counts = new OnlineCounts(registry, conversations);
    this.watch = new PresenceWatch(serverIdFor, registry, counts, clock, reportFailure);
    this.arrival = new Arrival(ports, this.roster, this.attendance, this.groups, this.watch);
    const overload = new Overload({
      submitter: ports.submitter,
      rest: (connection, durationMs) => this.flow.rest(connection, durationMs),
    });
    const intake = new Intake(
      this.arrival,
      new Requests({ ...ports, overload }, this.watch, this.groups),
      overload,
      ports.turns,
      (connection) => this.flow.unblock(connection),
      reportFailure,
    );
    this.flow = new FlowControl(ports.addressBudgets, ports.turns, intake, clock);
    const { metrics } = ports;
    const { roster, groups, watch } = this;
    const visibility = new MessageVisibility(conversations);
    this.amendments = new AmendmentFanOut({ roster, groups, visibility, history, clock, reportFailure });
    const { amendments } = this;
    this.fanOut = new FanOut({
      ...{ roster, groups, watch, amendments, history, conversations, clock, metrics, reportFailure },
    });
    const unlisted = (part?: string) => this.lease.unlisted(part);
    const { submitter, tracing } = ports;
    this.inbox = new Inbox(submitter, this.fanOut, amendments, roster, watch, reads, tracing, unlisted, reportFailure);
    const { attendance } = this;
    this.recovery = new PartRecovery({ serverId, registry, roster, attendance, groups, watch, clock });
    this.lease = new ServerLease(ports, {
      received: (deliveries) => this.inbox.receive(deliveries),
      lost: () => this.restart(),
      forgotten: (isContinued, keepLease, part) => this.registerAgain(isContinued, keepLease, part),
      cutOff: (part) => this.recovery.cutOff(part),
      reportFailure,
    });
    this.stopReporting = clock.every(onlineMembersIntervalMs, () => {
      if (!this.isRegistered) return;
      this.groups.reportOnlineMembers().catch(reportFailure);
    });
  }

  /**
   * The id to which the outcomes of this server's commands are sent. Throws {@link Unavailable} while this server is not
   * registered, so that nothing is registered or submitted under an id that is not valid (race 6).
   */
  get serverId(): string {
    return this.lease.serverId;
  }

  get isRegistered(): boolean {
    return this.lease.registeredId !== null;
  }

  /** Whether this server does not reach a part of the registry that other processes reach. */
  get isCutOff(): boolean {
    return this.lease.isCutOff;
  }

  /** The number of open sockets, before and after hello. */
  get connections(): number {
    return this.heartbeat.size;
  }

  /** The owners of all sockets that have said hello; a session may have several sockets. */
  *openSessions(): Iterable<Identity> {
    for (const connection of this.roster.all()) yield identityOf(connection);
  }

  closeSession(userId: UserId, sessionId: SessionId): void {
    this.roster.revoke(userId, [sessionId]);
  }

  /** Bytes of all sockets together that wait for slow readers. */
  get backlogBytes(): number {
    let bytes = 0;
    for (const connection of this.heartbeat.all()) bytes += connection.socket.bufferedBytes();
    return bytes;
  }

  start(): Promise<void> {
    return this.lease.open();
  }

  opened(socket: Socket, address: string): Connection {
    const connection = new Connection(socket, address, this.ports.clock, this.outbox);
    this.heartbeat.add(connection);
    return connection;
  }

  received(connection: Connection, data: string | Uint8Array): void {
    this.flow.receive(connection, data);
  }

  /** A ping or pong of the WebSocket protocol. */
  control(connection: Connection): void {
    connection.heard();
    this.flow.control(connection);
  }

  closed(connection: Connection): void {
    connection.closed = true;
    this.ports.metrics.socketClosed(connection.closedFor ?? 'client');
    this.heartbeat.remove(connection);
    this.flow.forget(connection);
    this.arrival.leave(connection);
  }

  /** Finishes the requests under way, then sends all clients away, spread over `spreadMs`. */
  async drain(spreadMs: number): Promise<void> {
    const finish = () => this.ports.submitter.idle(finishMs);
    await drain([...this.heartbeat.all()], { spreadMs, finish, clock: this.ports.clock });
  }

  /** Waits for the outcomes of commands under way, then gives up the lease, which expires if that fails. */
  async stop(): Promise<void> {
    await this.ports.submitter.idle(finishMs);
    this.stopReporting();
    this.heartbeat.stop();
    this.flow.stop();
    this.watch.stop();
    try {
      const offline = await this.lease.stop();
      await this.announcer.announce(offline, false);
    } catch (error) {
      this.ports.reportFailure(error);
    }
    this.announcer.stop();
    await this.lease.close();
  }

  /**
   * The state of this server may be stale: it closes all sockets (race 6). Their clients reconnect at different times,
   * to this server only once it is registered under another id.
   */
  private restart(): void {
    this.ports.metrics.leaseLost();
    for (const part of [this.attendance, this.groups, this.watch, this.fanOut, this.amendments]) part.reset();
    const connections = [...this.heartbeat.all()];
    const delayStepMs = Math.min(1, resyncSpreadMs / connections.length);
    for (const [index, connection] of connections.entries()) {
      connection.send({ type: 'goaway', delayMs: Math.round(delayStepMs * index) });
      connection.close('leaseLost');
      this.arrival.leave(connection);
    }
    this.ports.submitter.abandon('this server lost its lease before the outcome came');
  }

  /** Registers everything of the part again, then has its clients resynchronise (race 7). */
  private registerAgain(isContinued: boolean, keepLease: () => Promise<void>, part: RegistryPart): Promise<void> {
    this.ports.metrics.registryForgot();
    // With several parts, not all clients resynchronise: the others still need the entries that are held back.
    if (this.ports.registry.parts.length === 1) {
      this.fanOut.reset();
      this.amendments.reset();
    }
    return this.recovery.registerAgain(isContinued, keepLease, part);
  }
}
