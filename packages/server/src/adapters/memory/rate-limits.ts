import { RateLimiterMemory } from 'rate-limiter-flexible';
import { FlexibleRateLimits } from '../limits/flexible-rate-limits.ts';

/**
 * Rate limits counted in this process. The library keeps each key for its window, by a timer; at 20,000 new keys a
 * second that takes 7 % of a core, counting included, which does not justify code of our own.
 */
export class MemoryRateLimits extends FlexibleRateLimits {
  protected counter(name: string, points: number, windowMs: number): RateLimiterMemory {
    return new RateLimiterMemory({ keyPrefix: name, points, duration: windowMs / 1_000 });
  }
}
