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

  /** The clock was set back, at most `withinMs` ago: conversations may be dated ahead. */
  clockWentBack({ withinMs }: { withinMs: number }): void {
    this.lookAgain(this.ports.clock.nowMs() - withinMs);
    this.look();
  }

  /**
   * An entry showed that another process's clock was ahead. Looking reads all that is dated ahead in a partition, and
   * each batch may show this, so it is left to the next interval.
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

  /** False when it failed, and is to be tried again: a database that is away must not hold up the other partitions. */
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
