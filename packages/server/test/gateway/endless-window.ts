import type { RateLimit, RateLimits } from '../../src/gateway/rate-limits-port.ts';

/** Counts within a window that never ends, so that tests do not depend on their speed. */
export class EndlessWindow implements RateLimits {
  private readonly taken = new Map<string, number>();

  async consume(limit: RateLimit, key: string, points = 1): Promise<number> {
    const name = `${limit.name} ${key}`;
    const taken = (this.taken.get(name) ?? 0) + points;
    if (taken > limit.perWindow + limit.burst) return limit.windowMs;
    this.taken.set(name, taken);
    return 0;
  }
}
