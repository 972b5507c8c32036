import type { Clock } from './clock.ts';

/** The same failure is reported once in this time. */
const intervalMs = 10_000;
/** Distinct failures that are remembered; the oldest is forgotten first. */
const kindsMax = 100;

/** Bounds how often a repeated failure is reported. */
export class RepeatedFailures {
  private readonly reported = new Map<string, { atMs: number; since: number }>();

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /** How often the failure was suppressed since its last report; null when it is to be suppressed now. */
  admit(error: unknown): number | null {
    const nowMs = this.clock.monotonicMs();
    const kind = kindOf(error);
    const known = this.reported.get(kind);
    if (known && nowMs - known.atMs < intervalMs) {
      known.since++;
      return null;
    }
    this.reported.delete(kind);
    this.reported.set(kind, { atMs: nowMs, since: 0 });
    const [oldest] = this.reported.keys();
    if (this.reported.size > kindsMax && oldest !== undefined) this.reported.delete(oldest);
    return known?.since ?? 0;
  }
}

/** The messages of a failure and its cause. */
function kindOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` ${String(error.cause)}` : '';
  return `${String(error)}${cause}`;
}
