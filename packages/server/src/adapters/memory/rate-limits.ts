import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit, RateLimits } from '../../gateway/rate-limits-port.ts';

/**
 * Allowances counted in this process. The library keeps each key for its window alone, by a timer; at 20,000 new keys
 * a second that and the counting take 7 % of a core, so there is no reason for something of our own.
 */
export class MemoryRateLimits implements RateLimits {
  private readonly limiters = new Map<string, RateLimiterMemory | BurstyRateLimiter>();

  async consume(limit: RateLimit, key: string, points = 1): Promise<number> {
    try {
      await this.limiter(limit).consume(key, points);
      return 0;
    } catch (rejection) {
      if (rejection instanceof RateLimiterRes) return Math.max(1, rejection.msBeforeNext);
      throw rejection;
    }
  }

  private limiter(limit: RateLimit): RateLimiterMemory | BurstyRateLimiter {
    const existing = this.limiters.get(limit.name);
    if (existing) return existing;
    const limiter = limiterOf(limit);
    this.limiters.set(limit.name, limiter);
    return limiter;
  }
}

function limiterOf(limit: RateLimit): RateLimiterMemory | BurstyRateLimiter {
  const { name, perWindow, windowMs, burst, burstWindowMs } = limit;
  const steady = new RateLimiterMemory({ keyPrefix: name, points: perWindow, duration: windowMs / 1_000 });
  if (burst === 0) return steady;
  const extra = new RateLimiterMemory({ keyPrefix: `${name}+`, points: burst, duration: burstWindowMs / 1_000 });
  return new BurstyRateLimiter(steady, extra);
}
