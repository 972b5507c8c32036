import type { Clock } from '../platform/clock.ts';
import type { SessionRecord } from './users-port.ts';

/** How long a session goes on that nobody uses. */
export class SessionLife {
  private readonly startedAtMs: number;
  private readonly startedMonotonicMs: number;

  /** @param unusedMaxMs null: for ever. */
  constructor(
    private readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>,
    private readonly unusedMaxMs: number | null,
  ) {
    this.startedAtMs = clock.nowMs();
    this.startedMonotonicMs = clock.monotonicMs();
  }

  /**
   * Sessions that were used last before this are over; null when none is. A clock that is set ahead while the process
   * runs ends none: clients delete what they keep of a session that is over.
   */
  usedSinceMs(): number | null {
    if (this.unusedMaxMs === null) return null;
    const byMonotonicMs = this.startedAtMs + this.clock.monotonicMs() - this.startedMonotonicMs;
    return Math.floor(Math.min(this.clock.nowMs(), byMonotonicMs)) - this.unusedMaxMs;
  }

  isOver({ lastUsedAtMs }: SessionRecord): boolean {
    const usedSinceMs = this.usedSinceMs();
    return usedSinceMs !== null && lastUsedAtMs < usedSinceMs;
  }
}
