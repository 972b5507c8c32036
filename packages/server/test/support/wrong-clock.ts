import { type Clock, systemClock } from '../../src/platform/clock.ts';

/** This machine's clock with a settable error of the wall time; durations stay right. */
export class WrongClock implements Clock {
  aheadMs = 0;

  nowMs(): number {
    return systemClock.nowMs() + this.aheadMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  after(delayMs: number, run: () => void): () => void {
    return systemClock.after(delayMs, run);
  }

  every(intervalMs: number, run: () => void): () => void {
    return systemClock.every(intervalMs, run);
  }
}
