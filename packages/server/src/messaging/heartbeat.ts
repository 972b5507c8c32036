import { limits } from '@parley/protocol';
import type { Clock } from '../platform/clock.ts';
import { type Connection, slowReaderBytes } from './connection.ts';

const sweepIntervalMs = 1_000;
/** Each connection is pinged once in this many sweeps. */
const slices = limits.heartbeatMs / sweepIntervalMs;

/**
 * Watches over every open socket, whether it has said hello or not. Its own deadline, since the runtime doesn't reap
 * dead peers to which the server keeps sending (oven-sh/bun#39255).
 */
export class Heartbeat {
  private readonly connections = new Map<Connection, { slice: number; openedMs: number }>();
  private sweeps = 0;
  private readonly stopSweeping: () => void;

  constructor(private readonly clock: Clock) {
    this.stopSweeping = clock.every(sweepIntervalMs, () => this.sweep());
  }

  get size(): number {
    return this.connections.size;
  }

  add(connection: Connection): void {
    const slice = this.connections.size % slices;
    this.connections.set(connection, { slice, openedMs: this.clock.monotonicMs() });
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
      const overdue = overdueOf(connection, own.openedMs, nowMs);
      if (overdue) connection.close(overdue);
      // Native publishes pass this server's own code by, so slow readers of them are found here (contract 7).
      else if (connection.socket.bufferedBytes() > slowReaderBytes) connection.resync('you read too slowly');
      else if (own.slice === slice) connection.socket.ping();
    }
  }
}

/** What the peer should have sent by now. Nothing while the connection is paused: it may have, and it waits unread. */
function overdueOf(connection: Connection, openedMs: number, nowMs: number): 'helloExpected' | 'silent' | null {
  if (connection.isPaused) return null;
  if (!connection.helloSeen && nowMs - openedMs > limits.helloTimeoutMs) return 'helloExpected';
  return nowMs - connection.lastHeardMs > limits.silenceMs ? 'silent' : null;
}
