import type { Clock } from '../../src/platform/clock.ts';

interface Timer {
  dueMs: number;
  /** Null for a timer that runs once. */
  intervalMs: number | null;
  run(): void;
}

/** A clock that advances only by {@link advance}. */
export class FakeClock implements Clock {
  /** The error of the wall time; durations stay right. */
  aheadMs = 0;
  private elapsedMs = 0;
  /** In the order in which they were set. */
  private readonly timers = new Set<Timer>();
  private waitingForTimer: (() => void)[] = [];

  /** Starts at 2026-01-01T00:00:00Z by default. */
  constructor(private readonly startMs = 1_767_225_600_000) {}

  nowMs(): number {
    return this.startMs + this.elapsedMs + this.aheadMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, run: () => void): () => void {
    return this.set({ dueMs: this.elapsedMs + delayMs, intervalMs: null, run });
  }

  every(intervalMs: number, run: () => void): () => void {
    if (intervalMs <= 0) throw new Error('an interval of no length never ends');
    return this.set({ dueMs: this.elapsedMs + intervalMs, intervalMs, run });
  }

  /**
   * Advances by `durationMs`. Runs the timers that fall due, each at its own time, in the order of these times,
   * including timers set meanwhile. Promises settle only after this returns.
   */
  advance(durationMs: number): void {
    const endMs = this.elapsedMs + durationMs;
    for (let next = this.nextUntil(endMs); next; next = this.nextUntil(endMs)) {
      this.elapsedMs = Math.max(this.elapsedMs, next.dueMs);
      if (next.intervalMs === null) this.timers.delete(next);
      else next.dueMs += next.intervalMs;
      next.run();
    }
    this.elapsedMs = endMs;
  }

  /** Resolves once a timer is set; at once if there is one. */
  async untilAwaited(): Promise<void> {
    if (this.timers.size > 0) return;
    await new Promise<void>((resolve) => {
      this.waitingForTimer.push(resolve);
    });
  }

  private set(timer: Timer): () => void {
    this.timers.add(timer);
    for (const resolve of this.waitingForTimer) resolve();
    this.waitingForTimer = [];
    return () => this.timers.delete(timer);
  }

  /** The earliest timer due by `endMs`; of several at one time, the one that was set first. */
  private nextUntil(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.dueMs <= endMs && (!next || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }
}
