import { limits } from '@parley/protocol';
import type { Clock } from '../platform/clock.ts';
import { type Connection, slowReaderBytes } from './connection.ts';

const sweepIntervalMs = 1_000;
/** Each connection is pinged once in this many sweeps. */
const slices = limits.heartbeatMs / sweepIntervalMs;

/**
 * Closes sockets whose peer is silent, whether they have said hello or not. The server has its own deadline because the
 * runtime does not close dead peers to which the server keeps sending (oven-sh/bun#39255).
 */
export class Heartbeat {
  /** The slice of each connection. */
  private readonly connections = new Map<Connection, number>();
  private sweeps = 0;
  private readonly stopSweeping: () => void;

  constructor(private readonly clock: Clock) {
    this.stopSweeping = clock.every(sweepIntervalMs, () => this.sweep());
  }

  get size(): number {
    return this.connections.size;
  }

  add(connection: Connection): void {
    this.connections.set(connection, this.connections.size % slices);
  }

  remove(connection: Connection): void {
    this.connections.delete(connection);
  }

  all(): Iterable<Connection> {
    return this.connections.keys();
  }

  stop(): void {
    this.stopSweeping();
  }

  private sweep(): void {
    const nowMs = this.clock.monotonicMs();
    const slice = this.sweeps++ % slices;
    for (const [connection, own] of this.connections) {
      if (connection.closed) continue;
      if (isOverdue(connection, nowMs)) connection.close('silent');
      // Native publishes do not pass through this code, so connections that read them too slowly are found here
      // (contract 7).
      else if (connection.socket.bufferedBytes() > slowReaderBytes) connection.resync('you read too slowly');
      else if (own === slice) connection.socket.ping();
    }
  }
}

/**
 * Whether the peer should have sent a frame by now. Not while the connection is paused: the frame may be waiting unread.
 * A late `hello` counts as silence, after which clients reconnect: the network may have stalled.
 */
function isOverdue(connection: Connection, nowMs: number): boolean {
  if (connection.isPaused) return false;
  if (!connection.helloSeen && nowMs - connection.openedMs > limits.helloTimeoutMs) return true;
  return nowMs - connection.lastHeardMs > limits.silenceMs;
}
