import { Epoll, failed, readable, writable } from '../net/epoll.ts';
import { closeSocket, connectFrom, receive, transmit } from '../net/sockets.ts';
import { clientFrame, endOfHead, opcodes, readFrames, upgradeRequest } from '../net/websocket.ts';

export interface ConnectionEvents {
  /** Called before each wait. */
  turn(): void;
  /** The server accepted the WebSocket. */
  opened(index: number): void;
  /** The bounds of a text frame in the buffer, which is valid during the call. */
  frame(index: number, bytes: Buffer, start: number, end: number): void;
  /** The server closed the connection, or it was lost. */
  closed(index: number, reason: string): void;
}

interface Connection {
  socket: number;
  isUpgraded: boolean;
  /** The beginning of a frame whose end has not arrived. */
  rest: Uint8Array | null;
  /** Frames that the socket did not take yet. */
  unsent: Uint8Array[];
  isWaitingToWrite: boolean;
}

const bufferBytes = 1 << 18;

/** WebSockets of one process, each with an index that its user chooses. */
export class Connections {
  private readonly epoll = new Epoll();
  private readonly connections: (Connection | undefined)[] = [];
  private readonly buffer = Buffer.alloc(bufferBytes);
  /** Bytes of WebSocket frames since the start. */
  readonly bytes = { received: 0, sent: 0 };

  constructor(
    /** The ports that people are spread over, in turn. */
    private readonly ports: readonly number[],
    private readonly events: ConnectionEvents,
  ) {}

  open(index: number): void {
    const socket = connectFrom(sourceOf(index), this.ports[index % this.ports.length] as number);
    this.connections[index] = {
      socket,
      isUpgraded: false,
      rest: null,
      unsent: [upgradeRequest],
      isWaitingToWrite: true,
    };
    this.epoll.add(socket, index, readable | writable);
  }

  /** Sends the first bytes of the buffer, later if the socket does not take them now. */
  send(index: number, bytes: Uint8Array, length = bytes.length): void {
    const connection = this.connections[index];
    if (!connection?.isUpgraded) return;
    this.bytes.sent += length;
    const sent = connection.unsent.length > 0 ? 0 : transmit(connection.socket, bytes, length);
    if (sent < 0) this.lose(index, 'the connection was reset');
    else if (sent < length) {
      connection.unsent.push(bytes.slice(sent, length));
      this.listen(connection, index, true);
    }
  }

  /** Waits at most this long for events, and handles them. Returns how many there were. */
  turn(timeoutMs: number): number {
    this.events.turn();
    return this.epoll.wait(timeoutMs, this.handle);
  }

  close(index: number): void {
    const connection = this.connections[index];
    if (!connection) return;
    this.connections[index] = undefined;
    this.epoll.remove(connection.socket);
    closeSocket(connection.socket);
  }

  isOpen(index: number): boolean {
    return this.connections[index] !== undefined;
  }

  private readonly handle = (index: number, events: number): void => {
    const connection = this.connections[index];
    if (!connection) return;
    if (events & writable) this.flush(connection, index);
    if (events & (readable | failed)) this.read(connection, index);
  };

  private flush(connection: Connection, index: number): void {
    for (let first = connection.unsent[0]; first; first = connection.unsent[0]) {
      const sent = transmit(connection.socket, first, first.length);
      if (sent < 0) this.lose(index, 'the connection was reset');
      else connection.unsent[0] = first.subarray(sent);
      if (sent < first.length) return;
      connection.unsent.shift();
    }
    this.listen(connection, index, false);
  }

  private listen(connection: Connection, index: number, toWrite: boolean): void {
    if (connection.isWaitingToWrite === toWrite) return;
    connection.isWaitingToWrite = toWrite;
    this.epoll.change(connection.socket, index, toWrite ? readable | writable : readable);
  }

  private read(connection: Connection, index: number): void {
    const restBytes = connection.rest?.length ?? 0;
    // A frame that does not fit needs a buffer of its own.
    const buffer = restBytes < bufferBytes / 2 ? this.buffer : Buffer.alloc(restBytes + bufferBytes);
    if (connection.rest) buffer.set(connection.rest);
    const count = receive(connection.socket, buffer, restBytes);
    if (count === 0) this.lose(index, 'the server closed the connection');
    if (count <= 0) return;
    this.bytes.received += count;
    const end = restBytes + count;
    const at = this.consume(connection, index, buffer, end);
    connection.rest = at < end ? Uint8Array.from(buffer.subarray(at, end)) : null;
  }

  private consume(connection: Connection, index: number, buffer: Buffer, end: number): number {
    let at = 0;
    if (!connection.isUpgraded) {
      at = endOfHead(buffer, 0, end);
      if (at < 0) return 0;
      const status = buffer.toString('latin1', 9, 12);
      if (status !== '101') {
        this.lose(index, `the server answered ${status}`);
        return end;
      }
      connection.isUpgraded = true;
      this.events.opened(index);
    }
    return readFrames(buffer, at, end, (opcode, start, frameEnd) => {
      if (this.connections[index] !== connection) return;
      if (opcode === opcodes.text) this.events.frame(index, buffer, start, frameEnd);
      else if (opcode === opcodes.ping) this.send(index, clientFrame(buffer.subarray(start, frameEnd), opcodes.pong));
      else if (opcode === opcodes.close) this.lose(index, closeReason(buffer, start, frameEnd));
    });
  }

  private lose(index: number, reason: string): void {
    if (!this.isOpen(index)) return;
    this.close(index);
    this.events.closed(index, reason);
  }
}

/** Spreads the connections over source addresses, each of which has ports of its own. */
function sourceOf(index: number): string {
  return `127.${1 + (index >> 16)}.${(index >> 8) & 0xff}.${1 + (index % 250)}`;
}

function closeReason(bytes: Buffer, start: number, end: number): string {
  if (end - start < 2) return 'the server closed the connection';
  return `the server closed the connection with ${bytes.readUInt16BE(start)} ${bytes.toString('utf8', start + 2, end)}`;
}
