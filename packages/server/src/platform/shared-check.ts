import type { Clock } from './clock.ts';

/** The outcome of a check is reused for this long. */
const intervalMs = 1_000;

/** An expensive check that all callers share: one runs at a time, and at most one per second. */
export class SharedCheck<Outcome = unknown> {
  private last: { startedMs: number; outcome: Promise<Outcome>; settled: boolean } | null = null;

  constructor(
    private readonly check: () => Promise<Outcome>,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {}

  /** Rejects with the error of the check. */
  outcome(): Promise<Outcome> {
    const nowMs = this.clock.monotonicMs();
    if (this.last && (!this.last.settled || nowMs - this.last.startedMs < intervalMs)) return this.last.outcome;
    const outcome = this.check();
    const running = { startedMs: nowMs, outcome, settled: false };
    const settle = () => {
      running.settled = true;
    };
    outcome.then(settle, settle);
    this.last = running;
    return outcome;
  }
}
