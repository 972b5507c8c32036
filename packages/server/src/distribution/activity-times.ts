import type { HistoryStore } from '../history/history-port.ts';
import type { Clock } from '../platform/clock.ts';

const lookIntervalMs = 1_000;

interface ActivityTimesPorts {
  history: Pick<HistoryStore, 'settleActivity'>;
  clock: Pick<Clock, 'every' | 'nowMs'>;
  /** The partitions that are assigned to this process now. */
  owned(): ReadonlySet<number>;
  settled(count: number): void;
  reportFailure(error: unknown): void;
}

/**
 * Corrects the position in lists of conversations whose newest entry got a future time from a wrong clock: for each
 * partition when it is assigned to this process, and for all partitions when this machine's clock is set back.
 */
export class ActivityTimes {
  /**
   * Partitions to examine, each with a time: entries with a correct time that were written since are not older than it.
   */
  private readonly due = new Map<number, number>();
  private known: ReadonlySet<number> = new Set();
  private looking = false;
  private readonly stopLooking: () => void;

  constructor(private readonly ports: ActivityTimesPorts) {
    this.look();
    this.stopLooking = ports.clock.every(lookIntervalMs, () => this.look());
  }

  /** The clock was set back, at most `withinMs` ago: conversations may be dated ahead. */
  clockWentBack({ withinMs }: { withinMs: number }): void {
    this.lookAgain(this.ports.clock.nowMs() - withinMs);
    this.look();
  }

  /**
   * An entry showed that another process's clock was ahead. Examining a partition reads all its future-dated
   * conversations, and every batch may have such an entry, so this waits for the next interval.
   */
  entryWasAhead(): void {
    this.lookAgain(this.ports.clock.nowMs());
  }

  stop(): void {
    this.stopLooking();
  }

  private lookAgain(asOfMs: number): void {
    for (const partition of this.ports.owned()) {
      this.due.set(partition, Math.min(asOfMs, this.due.get(partition) ?? asOfMs));
    }
  }

  private look(): void {
    if (this.looking) return;
    this.looking = true;
    void this.settleAll().finally(() => {
      this.looking = false;
    });
  }

  private async settleAll(): Promise<void> {
    const { clock, owned } = this.ports;
    const now = new Set(owned());
    for (const partition of now) {
      if (this.known.has(partition) || this.due.has(partition)) continue;
      this.due.set(partition, clock.nowMs() - lookIntervalMs);
    }
    this.known = now;
    for (const [partition, asOfMs] of this.due) {
      if (now.has(partition) && !(await this.settle(partition, asOfMs))) continue;
      if (this.due.get(partition) === asOfMs) this.due.delete(partition);
    }
  }

  /**
   * Returns false when it failed and has to be retried. Does not throw, because an unavailable database must not delay
   * the other partitions.
   */
  private async settle(partition: number, asOfMs: number): Promise<boolean> {
    const { history, clock, settled, reportFailure } = this.ports;
    try {
      const count = await history.settleActivity(partition, { nowMs: clock.nowMs(), asOfMs });
      if (count > 0) settled(count);
      return true;
    } catch (error) {
      reportFailure(error);
      return false;
    }
  }
}
