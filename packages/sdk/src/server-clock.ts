import type { Runtime } from './runtime.ts';

/**
 * The server's time: what it told last, advanced by a monotonic clock. The times of entries are compared with this
 * one, never with this machine's wall clock, which may be ahead or behind.
 */
export class ServerClock {
  /** How far the server's time is ahead of the monotonic clock; null until the server told its time. */
  private aheadMs: number | null = null;

  constructor(
    private readonly runtime: Pick<Runtime, 'nowMs' | 'monotonicMs'>,
    private readonly told: (serverTimeMs: number) => void,
  ) {}

  set(serverTimeMs: number): void {
    this.aheadMs = serverTimeMs - this.runtime.monotonicMs();
    this.told(serverTimeMs);
  }

  /** In whole milliseconds. The wall time of this machine until the server told its own. */
  nowMs(): number {
    return this.aheadMs === null ? this.runtime.nowMs() : Math.round(this.runtime.monotonicMs() + this.aheadMs);
  }

  /** This runtime, with the server's time in place of its wall time. */
  inPlaceOf(runtime: Runtime): Pick<Runtime, 'nowMs' | 'uuid' | 'after'> {
    return {
      nowMs: () => this.nowMs(),
      uuid: () => runtime.uuid(),
      after: (delayMs, run) => runtime.after(delayMs, run),
    };
  }
}
