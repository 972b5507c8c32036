import type { ClientFrame, Entry, ServerFrame } from '@parley/protocol';
import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import type { Adapters } from '../../src/compose/adapters.ts';
import { composeAdapters } from '../../src/compose/compose.ts';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import type { ConnectionRegistry } from '../../src/connections/registry-port.ts';
import type { Connection } from '../../src/messaging/connection.ts';
import type { Messaging } from '../../src/messaging/messaging.ts';
import type { Socket } from '../../src/messaging/socket.ts';
import type { Conversations } from '../../src/operations/conversations.ts';
import type { Messages } from '../../src/operations/messages.ts';
import { firstLevel } from '../../src/platform/features.ts';
import { systemIds, tokenHash } from '../../src/platform/ids.ts';
import { composeProcess } from '../../src/process/compose-process.ts';
import type { Edge } from '../../src/process/edge.ts';
import { configInMemory } from '../support/config-in-memory.ts';
import { EventWait } from '../support/event-wait.ts';
import { FakeClock } from '../support/fake-clock.ts';

const config = configInMemory();

/** Several messaging servers and one distributor in this process, over one set of adapters, with a fake clock. */
export class ClusterUnderTest {
  readonly failures: unknown[] = [];
  /**
   * Receives what is put into a server's mailbox and returns what is delivered. Tests lose and duplicate deliveries
   * with it.
   */
  tamper: (deliveries: readonly Delivery[]) => readonly Delivery[] = (same) => same;
  readonly servers: ServerUnderTest[] = [];
  /** The feature level that servers read from the store. */
  level = firstLevel;
  private readonly users = new Map<string, { token: string; userId: string }>();

  private constructor(
    readonly adapters: Adapters,
    readonly clock: FakeClock,
  ) {}

  /** `registryWith` makes another registry than the one in memory. */
  static async start(
    serverCount: number,
    registryWith?: (clock: FakeClock) => ConnectionRegistry,
  ): Promise<ClusterUnderTest> {
    const clock = new FakeClock();
    const adapters = await composeAdapters(config, clock);
    adapters.registry = registryWith?.(clock) ?? new MemoryConnectionRegistry(clock);
    const cluster = new ClusterUnderTest(adapters, clock);
    const { mailboxes } = adapters;
    const deliver = mailboxes.deliver.bind(mailboxes);
    mailboxes.deliver = (serverId, deliveries) => deliver(serverId, cluster.tamper(deliveries));
    adapters.featureLevel = async () => cluster.level;
    for (let count = 0; count < serverCount; count++) cluster.servers.push(await ServerUnderTest.start(cluster));
    await composeProcess({ ...config, roles: new Set(['distribution']) }, adapters, { clock }).start();
    return cluster;
  }

  /** Returns a user with a session; creates both at the first call. */
  async user(name: string): Promise<{ token: string; userId: string }> {
    const known = this.users.get(name);
    if (known) return known;
    const { users } = this.adapters;
    const { userId, token } = { userId: systemIds.uuid(), token: systemIds.token() };
    const nowMs = this.clock.nowMs();
    await users.create({
      user: { id: userId, username: name, displayName: name, passwordHash: 'none', createdAtMs: nowMs },
      administrator: false,
      invitation: null,
    });
    const session = { id: systemIds.uuid(), userId, device: null, createdAtMs: nowMs, lastUsedAtMs: nowMs };
    await users.createSession(session, tokenHash(token));
    this.users.set(name, { token, userId });
    return { token, userId };
  }
}

class ServerUnderTest {
  /** The number of frames that were published to the sockets of a topic. */
  publishes = 0;
  readonly messaging: Messaging;
  readonly conversations: Conversations;
  readonly messages: Messages;

  private constructor(
    private readonly cluster: ClusterUnderTest,
    { messaging, services }: Edge,
    private readonly topics: Map<string, Set<SocketUnderTest>>,
  ) {
    this.messaging = messaging;
    this.conversations = services.conversations;
    this.messages = services.messages;
  }

  static async start(cluster: ClusterUnderTest): Promise<ServerUnderTest> {
    const topics = new Map<string, Set<SocketUnderTest>>();
    const parts = composeProcess({ ...config, roles: new Set(['messaging']) }, cluster.adapters, {
      clock: cluster.clock,
      publish: (topic, text) => {
        server.publishes++;
        for (const socket of topics.get(topic) ?? []) socket.send(text);
      },
      failureReporter: () => (error) => cluster.failures.push(error),
    });
    if (!parts.edge) throw new Error('a process with the role messaging has an edge');
    const server = new ServerUnderTest(cluster, parts.edge, topics);
    await parts.start();
    return server;
  }

  /** Whether the server is registered under another id than this one. */
  hasOtherId(former: string): boolean {
    return this.messaging.isRegistered && this.messaging.serverId !== former;
  }

  /** A socket after hello as this user and welcome. */
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
  /** How often the server wrote to it; frames that leave together count once. */
  writes = 0;
  private isCorked = false;
  isPaused = false;
  /** The number of bytes that the socket reports as waiting for the peer. */
  buffered = 0;
  readonly connection: Connection;
  private readonly events = new EventWait();
  private nextId = 1;

  constructor(
    private readonly messaging: Messaging,
    private readonly topics: Map<string, Set<SocketUnderTest>>,
  ) {
    this.connection = messaging.opened(this, '192.0.2.1');
  }

  send(text: string): boolean {
    if (!this.isCorked) this.writes++;
    this.frames.push(JSON.parse(text));
    this.events.wake();
    return true;
  }

  cork(send: () => void): void {
    this.writes++;
    this.isCorked = true;
    send();
    this.isCorked = false;
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  ping(): void {
    this.pings++;
  }

  close(code: number): void {
    this.closedWith ??= code;
    this.events.wake();
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

  /** The client sends a frame to the server. */
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

  /** The connection is lost: the server learns that it is closed. */
  gone(): void {
    for (const sockets of this.topics.values()) sockets.delete(this);
    this.messaging.closed(this.connection);
  }

  next<Type extends ServerFrame['type']>(type: Type): Promise<Extract<ServerFrame, { type: Type }>> {
    return this.until(
      () => this.frames.find((frame): frame is Extract<ServerFrame, { type: Type }> => frame.type === type),
      `a frame ${type}`,
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

  until<Value>(find: () => Value | undefined, what = String(find)): Promise<Value> {
    return this.events.until(find, what);
  }
}
