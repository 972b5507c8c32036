import type { RateLimit, RateLimits } from '../../src/gateway/rate-limits-port.ts';

/** Counts within one window that never ends, so that no test depends on how fast it runs. */
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
