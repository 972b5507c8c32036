import type { Clock } from './clock.ts';

/** In this time the same failure is told once. */
const intervalMs = 10_000;
/** Failures that are told apart; a further one is told when the oldest of these is forgotten. */
const kindsMax = 100;

/** Bounds what is told of failures that come again and again. */
export class RepeatedFailures {
  private readonly told = new Map<string, { atMs: number; since: number }>();

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /** How often the failure came since it was told last, when it is to be told now; null when it is not. */
  admit(error: unknown): number | null {
    const nowMs = this.clock.monotonicMs();
    const kind = kindOf(error);
    const known = this.told.get(kind);
    if (known && nowMs - known.atMs < intervalMs) {
      known.since++;
      return null;
    }
    this.told.delete(kind);
    this.told.set(kind, { atMs: nowMs, since: 0 });
    const [oldest] = this.told.keys();
    if (this.told.size > kindsMax && oldest !== undefined) this.told.delete(oldest);
    return known?.since ?? 0;
  }
}

/** What a failure and its cause say. */
function kindOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` ${String(error.cause)}` : '';
  return `${String(error)}${cause}`;
}
