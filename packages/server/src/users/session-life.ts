import type { Clock } from '../platform/clock.ts';
import type { SessionRecord } from './users-port.ts';

/** Decides when an unused session expires. */
export class SessionLife {
  private readonly startedAtMs: number;
  private readonly startedMonotonicMs: number;

  /** @param unusedMaxMs null for sessions that never expire. */
  constructor(
    private readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>,
    private readonly unusedMaxMs: number | null,
  ) {
    this.startedAtMs = clock.nowMs();
    this.startedMonotonicMs = clock.monotonicMs();
  }

  /**
   * Sessions last used before this time have expired; null when none expires. Setting the clock ahead while the process
   * runs expires none, because clients delete their data when a session expires.
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
