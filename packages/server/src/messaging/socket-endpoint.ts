import { type CloseReason, closeCodes, limits, subprotocol } from '@parley/protocol';
import type { Server, ServerWebSocket, WebSocketHandler } from 'bun';
import type { Connection } from './connection.ts';
import type { Messaging } from './messaging.ts';
import type { MessagingMetrics } from './messaging-metrics.ts';
import type { Socket } from './socket.ts';

/**
 * Bytes that Bun buffers for a slow reader before it drops frames. A connection is closed earlier, past
 * `slowReaderBytes`.
 */
const socketBufferBytes = 256 * 1024;

/** The data of a socket, set at the upgrade. */
export interface SocketData {
  address: string;
  connection: Connection | null;
}

/** Limits on open sockets, which keep the process below its limit of open files. */
export interface ConnectionBounds {
  connectionsMax: number;
  connectionsPerAddressMax: number;
}

/** Connects Bun's WebSocket server to messaging: upgrades requests and passes the events of sockets on. */
export class SocketEndpoint {
  private readonly perAddress = new Map<string, number>();
  private open = 0;

  constructor(
    private readonly messaging: () => Messaging,
    private readonly bounds: ConnectionBounds,
    private readonly metrics: Pick<MessagingMetrics, 'socketClosed'>,
  ) {}

  /** Upgrades at once; the first frame authenticates. Returns undefined when the socket is open. */
  upgrade(request: Request, server: Server<SocketData>, address: string): Response | undefined {
    const offered =
      request.headers
        .get('sec-websocket-protocol')
        ?.split(',')
        .map((name) => name.trim()) ?? [];
    if (!offered.includes(subprotocol)) {
      return upgradeRequired(`Connect with the WebSocket subprotocol ${subprotocol}.\n`);
    }
    const headers = { 'sec-websocket-protocol': subprotocol };
    const upgraded = server.upgrade(request, { data: { address, connection: null }, headers });
    return upgraded ? undefined : upgradeRequired('This is a WebSocket endpoint.\n');
  }

  handler(): WebSocketHandler<SocketData> {
    return {
      maxPayloadLength: limits.frameBytes,
      backpressureLimit: socketBufferBytes,
      closeOnBackpressureLimit: true,
      idleTimeout: 0,
      sendPings: false,
      perMessageDeflate: false,
      open: (ws) => this.opened(ws),
      message: (ws, data) => {
        if (ws.data.connection) this.messaging().received(ws.data.connection, data);
      },
      ping: (ws) => this.control(ws),
      pong: (ws) => this.control(ws),
      close: (ws) => this.closed(ws),
    };
  }

  private opened(ws: ServerWebSocket<SocketData>): void {
    const { address } = ws.data;
    const fromAddress = this.perAddress.get(address) ?? 0;
    const refusal: CloseReason | null =
      this.open >= this.bounds.connectionsMax
        ? 'overloaded'
        : fromAddress >= this.bounds.connectionsPerAddressMax
          ? 'tooManyConnections'
          : null;
    if (refusal) {
      const { code, meaning } = closeCodes[refusal];
      // A close code can only be sent on an open socket, so a socket that is refused is opened first.
      ws.close(code, meaning.slice(0, 120));
      this.metrics.socketClosed(refusal);
      return;
    }
    this.open++;
    this.perAddress.set(address, fromAddress + 1);
    ws.data.connection = this.messaging().opened(new BunSocket(ws), address);
  }

  private control({ data: { connection } }: ServerWebSocket<SocketData>): void {
    if (connection) this.messaging().control(connection);
  }

  private closed(ws: ServerWebSocket<SocketData>): void {
    const { connection, address } = ws.data;
    if (!connection) return;
    ws.data.connection = null;
    this.open--;
    const left = (this.perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.perAddress.set(address, left);
    else this.perAddress.delete(address);
    this.messaging().closed(connection);
  }
}

/** RFC 9110 section 15.5.22: the answer names the protocol to change to. */
function upgradeRequired(text: string): Response {
  return new Response(text, { status: 426, headers: { upgrade: 'websocket', connection: 'upgrade' } });
}

/** Bun's socket. A class, because functions of its own would take as much memory as the rest of an idle connection. */
class BunSocket implements Socket {
  constructor(private readonly ws: ServerWebSocket<SocketData>) {}

  send(text: string): boolean {
    return this.ws.send(text) !== 0;
  }

  cork(send: () => void): void {
    this.ws.cork(send);
  }

  bufferedBytes(): number {
    return this.ws.getBufferedAmount();
  }

  ping(): void {
    this.ws.ping();
  }

  close(code: number, reason: string): void {
    this.ws.close(code, reason);
  }

  terminate(): void {
    this.ws.terminate();
  }

  pause(): void {
    this.ws.pause();
  }

  resume(): void {
    this.ws.resume();
  }

  subscribe(topic: string): void {
    this.ws.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.ws.unsubscribe(topic);
  }
}
