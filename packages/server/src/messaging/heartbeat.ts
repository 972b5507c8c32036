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
      if (!connection.helloSeen && nowMs - own.openedMs > limits.helloTimeoutMs) connection.close('helloExpected');
      else if (nowMs - connection.lastHeardMs > limits.silenceMs) connection.close('silent');
      // Native publishes pass this server's own code by, so slow readers of them are found here (contract 7).
      else if (connection.socket.bufferedBytes() > slowReaderBytes) connection.resync('you read too slowly');
      else if (own.slice === slice) connection.socket.ping();
    }
  }
}
