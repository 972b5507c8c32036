import type { Clock } from './clock.ts';

/** For this long the outcome of the last check answers further calls. */
const intervalMs = 1_000;

/** An expensive check, which all callers share: one at a time, at most one a second. */
export class SharedCheck {
  private last: { startedMs: number; outcome: Promise<unknown>; settled: boolean } | null = null;

  constructor(
    private readonly check: () => Promise<unknown>,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {}

  /** Rejects with what the check did. */
  outcome(): Promise<unknown> {
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
