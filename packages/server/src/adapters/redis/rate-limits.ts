import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { FlexibleRateLimits } from '../limits/flexible-rate-limits.ts';
import type { RedisConnection } from './connection.ts';

/**
 * Rate limits that all servers share. While Redis is unavailable, each server counts on its own from zero: users can go
 * on, and a client that spreads requests over N servers gets at most N times the limit. A Redis that hangs costs a call
 * up to a second, until its connection is given up.
 */
export class RedisRateLimits extends FlexibleRateLimits {
  constructor(private readonly redis: RedisConnection) {
    super();
  }

  protected counter(name: string, points: number, windowMs: number): RateLimiterRedis {
    // The library rounds down, and a window of 0 seconds never ends.
    if (windowMs < 1_000 || windowMs % 1_000 !== 0) {
      throw new Error(`the window of the limit ${name} has to be whole seconds, and is ${windowMs} ms`);
    }
    const allowance = { keyPrefix: `${this.redis.prefix}limit:${name}`, points, duration: windowMs / 1_000 };
    return new RateLimiterRedis({
      ...allowance,
      storeClient: this.redis.client,
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory(allowance),
    });
  }
}
