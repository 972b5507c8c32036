import { limits } from '@parley/protocol';
import { machineMs } from '../net/libc.ts';
import { clientFrame } from '../net/websocket.ts';
import type { Connections } from './connections.ts';

const ping = clientFrame('{"type":"ping"}');

/** Sends the pings that keep connections open, spread over time so that the server has no peaks. */
export class Heartbeat {
  private readonly startMs = machineMs();
  private sent = 0;

  constructor(
    private readonly connections: Connections,
    private readonly first: number,
    private readonly count: number,
  ) {}

  /** Sends the pings that are due. */
  turn(): void {
    const due = Math.floor(((machineMs() - this.startMs) / limits.heartbeatMs) * this.count);
    // After a pause, one ping for each connection is enough.
    this.sent = Math.max(this.sent, due - this.count);
    for (; this.sent < due; this.sent++) this.connections.send(this.first + (this.sent % this.count), ping);
  }
}
