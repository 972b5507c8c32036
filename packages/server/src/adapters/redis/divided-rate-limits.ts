import type { RateLimit, RateLimits } from '../../gateway/rate-limits-port.ts';
import { shardOf } from '../../platform/shards.ts';

/** Rate limits on several stores: the hash of a key chooses the one that counts it. */
export class DividedRateLimits implements RateLimits {
  constructor(private readonly parts: readonly RateLimits[]) {}

  async consume(limit: RateLimit, key: string, points?: number): Promise<number> {
    const part = this.parts[shardOf(key, this.parts.length)];
    if (!part) throw new Error('there are no rate limits');
    return part.consume(limit, key, points);
  }
}
