// A WebSocket server on epoll that accepts everybody and hands frames to its user: the least that a server can do.
import { Epoll, failed, readable } from '../net/epoll.ts';
import { accept, closeSocket, listenOnLoopback, receive, transmit } from '../net/sockets.ts';
import { endOfHead, readFrames, upgradeResponse } from '../net/websocket.ts';

interface BareConnection {
  socket: number;
  isUpgraded: boolean;
  rest: Uint8Array | null;
}

const listenerKey = 0xffffffff;
const bufferBytes = 1 << 18;

export class BareServer {
  readonly port: number;
  private readonly listener: number;
  private readonly epoll = new Epoll();
  private readonly connections = new Map<number, BareConnection>();
  private readonly buffer = Buffer.alloc(bufferBytes);

  constructor(private readonly onFrame: (socket: number, bytes: Buffer, start: number, end: number) => void) {
    const { socket, port } = listenOnLoopback();
    this.listener = socket;
    this.port = port;
    this.epoll.add(socket, listenerKey, readable);
  }

  turn(timeoutMs: number): void {
    this.epoll.wait(timeoutMs, this.handle);
  }

  /** Waits until the socket takes everything: the clients of a benchmark always read. */
  send(socket: number, frame: Uint8Array): void {
    for (let at = 0; at < frame.length && this.connections.has(socket); ) {
      const rest = at === 0 ? frame : frame.subarray(at);
      const sent = transmit(socket, rest, rest.length);
      if (sent < 0) this.drop(socket);
      else at += sent;
    }
  }

  private readonly handle = (key: number, events: number): void => {
    if (key === listenerKey) this.acceptAll();
    else if (events & (readable | failed)) this.read(key);
  };

  private acceptAll(): void {
    for (let socket = accept(this.listener); socket !== null; socket = accept(this.listener)) {
      this.connections.set(socket, { socket, isUpgraded: false, rest: null });
      this.epoll.add(socket, socket, readable);
    }
  }

  private read(socket: number): void {
    const connection = this.connections.get(socket);
    if (!connection) return;
    const restBytes = connection.rest?.length ?? 0;
    if (connection.rest) this.buffer.set(connection.rest);
    const count = receive(socket, this.buffer, restBytes);
    if (count === 0) this.drop(socket);
    if (count <= 0) return;
    const end = restBytes + count;
    let at = 0;
    if (!connection.isUpgraded) {
      at = endOfHead(this.buffer, 0, end);
      if (at >= 0) {
        connection.isUpgraded = true;
        this.send(socket, upgradeResponse);
      }
    }
    if (at >= 0) at = readFrames(this.buffer, at, end, (_, from, to) => this.onFrame(socket, this.buffer, from, to));
    connection.rest = Math.max(0, at) < end ? Uint8Array.from(this.buffer.subarray(Math.max(0, at), end)) : null;
  }

  private drop(socket: number): void {
    this.connections.delete(socket);
    this.epoll.remove(socket);
    closeSocket(socket);
  }
}

/** Tells the starter the port, and serves until the starter ends. */
export function serveUntilStopped(server: BareServer, afterTurn: () => void): void {
  process.send?.({ port: server.port });
  // The event loop runs between the turns, so that a signal or the end of the starter ends this process.
  process.on('disconnect', () => process.exit(0));
  const turn = () => {
    for (let count = 0; count < 20; count++) {
      server.turn(5);
      afterTurn();
    }
    setImmediate(turn);
  };
  turn();
}
