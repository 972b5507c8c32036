import type { Clock } from './clock.ts';

/** A rate of work units: `perSecond` on average, `burst` at once. */
export interface WorkRate {
  perSecond: number;
  burst: number;
}

/** Bytes that cost one unit. Each request or frame costs one unit besides. */
const bytesPerUnit = 4_096;

/** The units that a request or frame of this size costs. */
export function workUnits(sizeBytes: number): number {
  return 1 + sizeBytes / bytesPerUnit;
}

/**
 * A token bucket. Units are taken before the work is done. The last piece of work may overdraw the bucket, so that a
 * piece larger than the burst can still be done; the debt delays the next piece.
 */
export class WorkBudget {
  private units: number;
  private refilledMs: number;

  constructor(
    private readonly rate: WorkRate,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {
    this.units = rate.burst;
    this.refilledMs = clock.monotonicMs();
  }

  /** Takes the units; returns false and takes none when the bucket is empty. */
  take(units: number): boolean {
    this.refill();
    if (this.units <= 0) return false;
    this.units -= units;
    return true;
  }

  /** Milliseconds until the bucket has `units`; 0 when it has them now. */
  waitMs(units: number): number {
    this.refill();
    return Math.max(0, Math.ceil(((units - this.units) / this.rate.perSecond) * 1_000));
  }

  get isFull(): boolean {
    this.refill();
    return this.units >= this.rate.burst;
  }

  private refill(): void {
    const nowMs = this.clock.monotonicMs();
    const refilled = this.units + ((nowMs - this.refilledMs) / 1_000) * this.rate.perSecond;
    this.units = Math.min(this.rate.burst, refilled);
    this.refilledMs = nowMs;
  }
}

/** The maximum number of keys with a budget. The oldest are forgotten, so that keys can't fill the memory. */
const keysMax = 100_000;
const sweepIntervalMs = 10_000;

/** One {@link WorkBudget} for each key, such as an address. A key whose budget is full again takes no memory. */
export class WorkBudgets {
  private readonly budgets = new Map<string, WorkBudget>();
  readonly stop: () => void;

  constructor(
    private readonly rate: WorkRate,
    private readonly clock: Clock,
  ) {
    this.stop = clock.every(sweepIntervalMs, () => this.forgetFull());
  }

  of(key: string): WorkBudget {
    const existing = this.budgets.get(key);
    if (existing) return existing;
    const [oldest] = this.budgets.size >= keysMax ? this.budgets.keys() : [];
    if (oldest !== undefined) this.budgets.delete(oldest);
    const budget = new WorkBudget(this.rate, this.clock);
    this.budgets.set(key, budget);
    return budget;
  }

  private forgetFull(): void {
    for (const [key, budget] of this.budgets) if (budget.isFull) this.budgets.delete(key);
  }
}
