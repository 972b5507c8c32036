import {
  BurstyRateLimiter,
  type RateLimiterMemory,
  type RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { RateLimit, RateLimits } from '../../gateway/rate-limits-port.ts';

/** Counts points per key in windows of time. */
export type WindowCounter = RateLimiterMemory | RateLimiterRedis;

/** Rate limits by rate-limiter-flexible; subclasses choose where it counts. */
export abstract class FlexibleRateLimits implements RateLimits {
  private readonly limiters = new Map<string, WindowCounter | BurstyRateLimiter>();

  async consume(limit: RateLimit, key: string, points = 1): Promise<number> {
    try {
      await this.limiter(limit).consume(key, points);
      return 0;
    } catch (rejection) {
      if (!(rejection instanceof RateLimiterRes)) throw rejection;
      // Bounded by the window: the library computes it from the wall clock, which may have been set back, while the
      // window ends by a timer.
      const windowMs = Math.max(limit.windowMs, limit.burstWindowMs);
      return Math.min(Math.max(1, rejection.msBeforeNext), windowMs);
    }
  }

  protected abstract counter(name: string, points: number, windowMs: number): WindowCounter;

  private limiter(limit: RateLimit): WindowCounter | BurstyRateLimiter {
    const existing = this.limiters.get(limit.name);
    if (existing) return existing;
    const { name, perWindow, windowMs, burst, burstWindowMs } = limit;
    const steady = this.counter(name, perWindow, windowMs);
    const limiter =
      burst === 0 ? steady : new BurstyRateLimiter(steady, this.counter(`${name}+`, burst, burstWindowMs));
    this.limiters.set(name, limiter);
    return limiter;
  }
}
