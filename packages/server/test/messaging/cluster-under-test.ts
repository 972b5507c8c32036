import type { ClientFrame, Entry, ServerFrame } from '@parley/protocol';
import { embeddedAdapters } from '../../src/compose/embedded.ts';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import { Signals } from '../../src/connections/signals.ts';
import { noDistributionMetrics, noSubmitMetrics } from '../../src/distribution/distribution-metrics.ts';
import { Distributor } from '../../src/distribution/distributor.ts';
import { CommandSubmitter } from '../../src/distribution/submitter.ts';
import { Admission, noRateLimits } from '../../src/gateway/admission.ts';
import type { Connection } from '../../src/messaging/connection.ts';
import { Messaging } from '../../src/messaging/messaging.ts';
import { noMessagingMetrics } from '../../src/messaging/messaging-metrics.ts';
import type { Socket } from '../../src/messaging/socket.ts';
import { ConversationReads } from '../../src/operations/conversation-reads.ts';
import { Conversations } from '../../src/operations/conversations.ts';
import { Messages } from '../../src/operations/messages.ts';
import { ReadReceipts } from '../../src/operations/read-receipts.ts';
import { firstLevel } from '../../src/platform/features.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { Tracing } from '../../src/platform/tracing.ts';
import { WorkTurns } from '../../src/platform/work-turns.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** Several messaging servers and one distributor in this process, over one set of adapters, on a clock that is told. */
export class ClusterUnderTest {
  readonly clock = new FakeClock();
  readonly adapters = embeddedAdapters(':memory:', this.clock);
  readonly failures: unknown[] = [];
  /** Looks at what goes to a server's mailbox and says what is let through; for losing and doubling. */
  tamper: (deliveries: readonly Delivery[]) => readonly Delivery[] = (same) => same;
  readonly servers: ServerUnderTest[] = [];
  /** What the store enables. */
  readonly enabled: { level: number; names: readonly string[] } = { level: firstLevel, names: [] };
  private readonly users = new Map<string, { token: string; userId: string }>();

  static async start(serverCount: number): Promise<ClusterUnderTest> {
    const cluster = new ClusterUnderTest();
    const { mailboxes } = cluster.adapters;
    const deliver = mailboxes.deliver.bind(mailboxes);
    mailboxes.deliver = (serverId, deliveries) => deliver(serverId, cluster.tamper(deliveries));
    for (let count = 0; count < serverCount; count++) {
      const server = new ServerUnderTest(cluster);
      await server.messaging.start();
      cluster.servers.push(server);
    }
    const { commandLog, history, conversations, registry } = cluster.adapters;
    const metrics = noDistributionMetrics;
    await new Distributor({
      commandLog,
      history,
      conversations,
      registry,
      mailboxes,
      clock: cluster.clock,
      metrics,
      tracing: new Tracing(),
    }).run();
    return cluster;
  }

  /** A user, made when first named; the token is the name. */
  async user(name: string): Promise<{ token: string; userId: string }> {
    const known = this.users.get(name);
    if (known) return known;
    const userId = systemIds.uuid();
    await this.adapters.users.create({
      user: { id: userId, username: name, displayName: name, passwordHash: 'none', createdAtMs: 0 },
      administrator: false,
      invitation: null,
    });
    this.users.set(name, { token: name, userId });
    return { token: name, userId };
  }

  /** Whom a token stands for; sessions are not what is under test here. */
  async authenticate(token: string) {
    const known = this.users.get(token);
    const user = known && (await this.adapters.users.byId(known.userId));
    if (!user) return undefined;
    const session = { id: token, userId: user.id, device: null, createdAtMs: 0, lastUsedAtMs: 0 };
    return { user, session };
  }

  async isOpen(token: string): Promise<boolean> {
    return this.users.has(token);
  }

  revoke(name: string): void {
    this.users.delete(name);
  }
}

class ServerUnderTest {
  readonly messaging: Messaging;
  readonly conversations: Conversations;
  readonly messages: Messages;
  /** How often one frame was handed to all sockets of a topic at once. */
  publishes = 0;
  private readonly topics = new Map<string, Set<SocketUnderTest>>();

  constructor(private readonly cluster: ClusterUnderTest) {
    const { adapters, clock } = cluster;
    const { registry, mailboxes, history, users } = adapters;
    const tracing = new Tracing();
    const serverId = () => this.messaging.serverId;
    const submitter = new CommandSubmitter({
      ...{ serverId, log: adapters.commandLog, clock, ids: systemIds, tracing, metrics: noSubmitMetrics },
      enabled: cluster.enabled,
    });
    const reads = new ConversationReads(adapters.conversations, users, registry);
    this.messages = new Messages(history, adapters.conversations, submitter, async () => false);
    this.conversations = new Conversations(submitter, reads, users, systemIds);
    this.messaging = new Messaging({
      ...{ registry, mailboxes, history, conversations: adapters.conversations, messages: this.messages, reads },
      ...{
        submitter,
        enabled: cluster.enabled,
        clock,
        tracing,
        metrics: noMessagingMetrics,
        ids: systemIds,
        admission: new Admission(noRateLimits),
        addressBudgets: null,
        turns: new WorkTurns(),
      },
      receipts: new ReadReceipts(adapters.conversations, history, new Signals(registry, mailboxes)),
      authenticate: (token) => cluster.authenticate(token),
      isOpen: ({ session }) => cluster.isOpen(session.id),
      publish: (topic, text) => {
        this.publishes++;
        for (const socket of this.topics.get(topic) ?? []) socket.send(text);
      },
      reportFailure: (error) => cluster.failures.push(error),
    });
  }

  /** A socket that has said hello as this user, and was welcomed. */
  async connect(name: string): Promise<SocketUnderTest> {
    const { token } = await this.cluster.user(name);
    const socket = this.open();
    socket.receives({ type: 'hello', token });
    await socket.next('welcome');
    return socket;
  }

  open(): SocketUnderTest {
    return new SocketUnderTest(this.messaging, this.topics);
  }
}

/** A WebSocket without a network. */
export class SocketUnderTest implements Socket {
  readonly frames: ServerFrame[] = [];
  closedWith: number | null = null;
  pings = 0;
  isPaused = false;
  /** What waits to be read by the peer, as the server is told. */
  buffered = 0;
  readonly connection: Connection;
  private waiting: (() => void)[] = [];
  private nextId = 1;

  constructor(
    private readonly messaging: Messaging,
    private readonly topics: Map<string, Set<SocketUnderTest>>,
  ) {
    this.connection = messaging.opened(this, '192.0.2.1');
  }

  send(text: string): boolean {
    this.frames.push(JSON.parse(text));
    this.wake();
    return true;
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  ping(): void {
    this.pings++;
  }

  close(code: number): void {
    this.closedWith ??= code;
    this.wake();
    queueMicrotask(() => this.gone());
  }

  terminate(): void {
    this.gone();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  subscribe(topic: string): void {
    this.topics.set(topic, (this.topics.get(topic) ?? new Set()).add(this));
  }

  unsubscribe(topic: string): void {
    this.topics.get(topic)?.delete(this);
  }

  /** The client sends a frame. */
  receives(frame: ClientFrame): void {
    this.messaging.received(this.connection, JSON.stringify(frame));
  }

  /** The client answers a ping. */
  pongs(): void {
    this.connection.heard();
  }

  async asks(
    frame: Omit<Extract<ClientFrame, { id?: string | undefined }>, 'id'> & { [field: string]: unknown },
  ): Promise<ServerFrame> {
    const id = String(this.nextId++);
    this.messaging.received(this.connection, JSON.stringify({ ...frame, id }));
    return this.until(() => this.frames.find((each) => 'id' in each && each.id === id));
  }

  /** The connection is cut: the server learns that it is closed. */
  gone(): void {
    for (const sockets of this.topics.values()) sockets.delete(this);
    this.messaging.closed(this.connection);
  }

  next<Type extends ServerFrame['type']>(type: Type): Promise<Extract<ServerFrame, { type: Type }>> {
    return this.until(() =>
      this.frames.find((frame): frame is Extract<ServerFrame, { type: Type }> => frame.type === type),
    );
  }

  entries(conversationId: string): Entry[] {
    return this.frames.flatMap((frame) =>
      frame.type === 'entry' && frame.entry.conversationId === conversationId ? [frame.entry] : [],
    );
  }

  seqs(conversationId: string): number[] {
    return this.entries(conversationId).map(({ seq }) => seq);
  }

  async until<Value>(find: () => Value | undefined): Promise<Value> {
    while (true) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
      });
    }
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
