import type { Runtime } from './runtime.ts';

/**
 * The server's time: the last one that it sent, advanced by a monotonic clock. The times of entries are compared with
 * it and not with this machine's wall clock, which may be wrong.
 */
export class ServerClock {
  /** The difference between the server's time and the monotonic clock; null until the server sent its time. */
  private aheadMs: number | null = null;

  constructor(
    private readonly runtime: Pick<Runtime, 'nowMs' | 'monotonicMs'>,
    private readonly onSet: (serverTimeMs: number) => void,
  ) {}

  set(serverTimeMs: number): void {
    this.aheadMs = serverTimeMs - this.runtime.monotonicMs();
    this.onSet(serverTimeMs);
  }

  /** In whole milliseconds. The wall time of this machine until the server sent its own. */
  nowMs(): number {
    return this.aheadMs === null ? this.runtime.nowMs() : Math.round(this.runtime.monotonicMs() + this.aheadMs);
  }

  /** The runtime with the server's time instead of the wall time. */
  inPlaceOf(runtime: Runtime): Pick<Runtime, 'nowMs' | 'uuid' | 'after'> {
    return {
      nowMs: () => this.nowMs(),
      uuid: () => runtime.uuid(),
      after: (delayMs, run) => runtime.after(delayMs, run),
    };
  }
}
