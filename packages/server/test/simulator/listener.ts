import type { Server, ServerWebSocket, WebSocketHandler } from 'bun';
import type { Serve } from '../../src/gateway/http-server.ts';
import type { SocketData } from '../../src/messaging/socket-endpoint.ts';
import type { SimulatedProcess } from './machine.ts';

type Options = Parameters<Serve>[0];

/** The part of `Bun.serve`'s options that the product uses. */
interface Served {
  fetch(
    this: Server<SocketData>,
    request: Request,
    server: Server<SocketData>,
  ): Response | Promise<Response> | undefined;
  websocket: WebSocketHandler<SocketData>;
}

/** A connection, as the server's end uses it. */
interface Connection {
  toClient(text: string): void;
  pingClient(): void;
  closedByServer(code: number, reason: string): void;
  terminatedByServer(): void;
  deliverToServer(text: string): void;
}

/** Takes the place of `Bun.serve` in one process. */
export class SimulatedListener {
  readonly server: Server<SocketData>;
  private readonly served: Served;
  private readonly topics = new Map<string, Set<ServerEnd>>();
  private upgrading: { connection: Connection; end: ServerEnd | null } | null = null;
  private isStopped = false;

  constructor(
    readonly process: SimulatedProcess,
    options: Options,
  ) {
    // The product passes these two always.
    this.served = options as unknown as Served;
    // The product uses no other part of it.
    this.server = {
      hostname: process.machine.name,
      port: 80,
      publish: (topic: string, text: string) => this.publish(topic, text),
      requestIP: () => ({ address: '127.0.0.1', family: 'IPv4', port: 1 }),
      upgrade: (_: Request, { data }: { data: SocketData }) => this.upgrade(data),
      closeIdleConnections: () => undefined,
      stop: async () => {
        this.isStopped = true;
      },
    } as unknown as Server<SocketData>;
  }

  /** Whether it accepts connections. */
  get isOpen(): boolean {
    return !this.isStopped && this.process.state !== 'dead';
  }

  async request(request: Request): Promise<Response> {
    const response = await this.served.fetch.call(this.server, request, this.server);
    if (!response) throw new Error('a request without an upgrade has a response');
    return response;
  }

  /** Returns the server's end of the connection; null if the server does not accept it. */
  open(connection: Connection, url: string, subprotocol: string): ServerEnd | null {
    this.upgrading = { connection, end: null };
    const headers = { upgrade: 'websocket', connection: 'upgrade', 'sec-websocket-protocol': subprotocol };
    void this.served.fetch.call(this.server, new Request(url.replace(/^ws/, 'http'), { headers }), this.server);
    const { end } = this.upgrading;
    this.upgrading = null;
    if (end) this.served.websocket.open?.(end.bun);
    return end;
  }

  received(end: ServerEnd, text: string): void {
    this.served.websocket.message?.(end.bun, text);
  }

  ponged(end: ServerEnd): void {
    this.served.websocket.pong?.(end.bun, Buffer.alloc(0));
  }

  closed(end: ServerEnd, code: number, reason: string): void {
    for (const ends of this.topics.values()) ends.delete(end);
    this.served.websocket.close?.(end.bun, code, reason);
  }

  private upgrade(data: SocketData): boolean {
    if (!this.upgrading) return false;
    this.upgrading.end = new ServerEnd(this.upgrading.connection, data, this.topics);
    return true;
  }

  private publish(topic: string, text: string): number {
    for (const end of this.topics.get(topic) ?? []) end.send(text);
    return text.length;
  }
}

/** The server's end of a connection, in the form of Bun's socket. */
export class ServerEnd {
  /** Frames that arrived while the server did not read. */
  private unread: string[] | null = null;

  constructor(
    private readonly connection: Connection,
    readonly data: SocketData,
    private readonly topics: Map<string, Set<ServerEnd>>,
  ) {}

  /** The product uses only the methods below. */
  get bun(): ServerWebSocket<SocketData> {
    return this as unknown as ServerWebSocket<SocketData>;
  }

  send(text: string): number {
    this.connection.toClient(text);
    return text.length;
  }

  cork(send: () => void): void {
    send();
  }

  getBufferedAmount(): number {
    return 0;
  }

  ping(): void {
    this.connection.pingClient();
  }

  close(code: number, reason: string): void {
    this.connection.closedByServer(code, reason);
  }

  terminate(): void {
    this.connection.terminatedByServer();
  }

  pause(): void {
    this.unread ??= [];
  }

  resume(): void {
    const texts = this.unread ?? [];
    this.unread = null;
    for (const text of texts) this.connection.deliverToServer(text);
  }

  /** Returns whether the server reads now; otherwise the frame waits. */
  admits(text: string): boolean {
    this.unread?.push(text);
    return this.unread === null;
  }

  subscribe(topic: string): void {
    const ends = this.topics.get(topic) ?? new Set<ServerEnd>();
    this.topics.set(topic, ends.add(this));
  }

  unsubscribe(topic: string): void {
    this.topics.get(topic)?.delete(this);
  }
}
