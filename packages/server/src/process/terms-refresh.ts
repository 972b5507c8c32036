import type { Clock } from '../platform/clock.ts';
import { backOffMs } from '../platform/waiting.ts';

/** A store whose subjects are found by search terms, which can be refreshed in bounded steps. */
export interface RefreshableTerms {
  /**
   * Reads the next `limit` subjects after the position, and rewrites the terms that another version's folding made.
   * Returns the position to continue from, null at the end. Safe to repeat, to interrupt and to run beside other
   * writers: a subject that is renamed meanwhile gets the terms of its new name.
   */
  refreshTerms(after: string | null, limit: number): Promise<string | null>;
}

const stepSubjects = 100;
/** Pause between two steps, so that other requests are not delayed. */
const stepPauseMs = 20;
const retry = { firstMs: 1_000, mostMs: 60_000 };

/**
 * Rewrites search terms of a previous version while the server serves. Each start goes through all terms once: the last
 * server that starts in a rollout finds those that servers of the previous version wrote until then.
 */
export class TermsRefresh {
  private store = 0;
  private after: string | null = null;
  private failures = 0;
  private isStopped = false;
  private cancel: () => void = () => undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly stores: readonly RefreshableTerms[],
    private readonly clock: Pick<Clock, 'after'>,
    private readonly reportFailure: (error: unknown) => void,
    private readonly random: () => number = Math.random,
  ) {}

  start(): void {
    this.stepAfter(stepPauseMs);
  }

  /** Resolves when the current step has ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancel();
    await this.running;
  }

  private stepAfter(delayMs: number): void {
    if (this.isStopped) return;
    this.cancel = this.clock.after(delayMs, () => {
      this.running = this.step();
    });
  }

  private async step(): Promise<void> {
    const store = this.stores[this.store];
    if (!store) return;
    try {
      this.after = await store.refreshTerms(this.after, stepSubjects);
      if (this.after === null) this.store++;
      this.failures = 0;
      this.stepAfter(stepPauseMs);
    } catch (error) {
      this.reportFailure(error);
      this.stepAfter(backOffMs(this.failures++, retry, this.random));
    }
  }
}
