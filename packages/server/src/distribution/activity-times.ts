import type { HistoryStore } from '../history/history-port.ts';
import type { Clock } from '../platform/clock.ts';

const lookIntervalMs = 1_000;

interface ActivityTimesPorts {
  history: Pick<HistoryStore, 'settleActivity'>;
  clock: Pick<Clock, 'every' | 'nowMs'>;
  /** The partitions that this process has now. */
  owned(): ReadonlySet<number>;
  settled(count: number): void;
  reportFailure(error: unknown): void;
}

/**
 * Has conversations that were dated ahead by a wrong clock put where they belong in lists: those of each partition when
 * this process takes it over, whosever clock it was, and all of them when this machine's clock was set back.
 */
export class ActivityTimes {
  /** Partitions to look through, each with a time that nothing which was dated rightly since is before. */
  private readonly due = new Map<number, number>();
  private known: ReadonlySet<number> = new Set();
  private looking = false;
  private readonly stopLooking: () => void;

  constructor(private readonly ports: ActivityTimesPorts) {
    this.look();
    this.stopLooking = ports.clock.every(lookIntervalMs, () => this.look());
  }

  /** Conversations may be dated ahead: the clock went back, or an entry showed that another's was ahead. */
  lookAgain({ withinMs }: { withinMs: number }): void {
    const asOfMs = this.ports.clock.nowMs() - withinMs;
    for (const partition of this.ports.owned()) this.due.set(partition, asOfMs);
    this.look();
  }

  stop(): void {
    this.stopLooking();
  }

  private look(): void {
    if (this.looking) return;
    this.looking = true;
    this.settle()
      .catch(this.ports.reportFailure)
      .finally(() => {
        this.looking = false;
      });
  }

  private async settle(): Promise<void> {
    const { history, clock, owned, settled } = this.ports;
    const now = new Set(owned());
    for (const partition of now) {
      if (this.known.has(partition) || this.due.has(partition)) continue;
      this.due.set(partition, clock.nowMs() - lookIntervalMs);
    }
    this.known = now;
    for (const [partition, asOfMs] of this.due) {
      if (now.has(partition)) {
        const count = await history.settleActivity(partition, { nowMs: clock.nowMs(), asOfMs });
        if (count > 0) settled(count);
      }
      if (this.due.get(partition) === asOfMs) this.due.delete(partition);
    }
  }
}
