import type { Clock } from './clock.ts';

const lookIntervalMs = 1_000;
/** Smaller differences come from slewing the clock. */
const jumpMinMs = 2_000;

export interface ClockJump {
  /** Positive when the clock went ahead, which a machine that slept looks like too. */
  byMs: number;
  /** The jump happened at most this long ago. */
  withinMs: number;
}

/** Detects that the wall clock was set: it then differs from the monotonic clock by more than before. */
export class ClockJumps {
  private examinedAtMs: number;
  private offsetMs: number;
  private readonly stopLooking: () => void;

  constructor(
    private readonly clock: Clock,
    private readonly jumped: (jump: ClockJump) => void,
  ) {
    this.examinedAtMs = clock.monotonicMs();
    this.offsetMs = clock.nowMs() - this.examinedAtMs;
    this.stopLooking = clock.every(lookIntervalMs, () => this.look());
  }

  stop(): void {
    this.stopLooking();
  }

  /** Also called before each wall time is written: a jump ahead and back may last less than a second. */
  look(): void {
    const monotonicMs = this.clock.monotonicMs();
    const offsetMs = this.clock.nowMs() - monotonicMs;
    const byMs = Math.round(offsetMs - this.offsetMs);
    const withinMs = Math.ceil(monotonicMs - this.examinedAtMs);
    this.offsetMs = offsetMs;
    this.examinedAtMs = monotonicMs;
    if (Math.abs(byMs) >= jumpMinMs) this.jumped({ byMs, withinMs });
  }
}
