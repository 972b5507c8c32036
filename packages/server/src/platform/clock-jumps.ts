import type { Clock } from './clock.ts';

const lookIntervalMs = 1_000;
/** Less is what setting a clock little by little does. */
const jumpMinMs = 2_000;

export interface ClockJump {
  /** More than 0 is ahead, which a machine that slept looks like too. */
  byMs: number;
  /** It was at most so long ago. */
  withinMs: number;
}

/** Notices when the wall clock was set: it goes on by another time than the monotonic clock does. */
export class ClockJumps {
  private lookedAtMs: number;
  private offsetMs: number;
  private readonly stopLooking: () => void;

  constructor(
    private readonly clock: Clock,
    private readonly jumped: (jump: ClockJump) => void,
  ) {
    this.lookedAtMs = clock.monotonicMs();
    this.offsetMs = clock.nowMs() - this.lookedAtMs;
    this.stopLooking = clock.every(lookIntervalMs, () => this.look());
  }

  stop(): void {
    this.stopLooking();
  }

  /** Also called whenever a wall time is about to be written: a jump there and back may be over within a second. */
  look(): void {
    const monotonicMs = this.clock.monotonicMs();
    const offsetMs = this.clock.nowMs() - monotonicMs;
    const byMs = Math.round(offsetMs - this.offsetMs);
    const withinMs = Math.ceil(monotonicMs - this.lookedAtMs);
    this.offsetMs = offsetMs;
    this.lookedAtMs = monotonicMs;
    if (Math.abs(byMs) >= jumpMinMs) this.jumped({ byMs, withinMs });
  }
}
