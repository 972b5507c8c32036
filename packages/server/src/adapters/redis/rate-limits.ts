import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit, RateLimits } from '../../gateway/rate-limits-port.ts';
import type { RedisConnection } from './connection.ts';

/**
 * Allowances that all servers share. While Redis is away each server counts on its own, from nothing: people can go on,
 * and whoever spreads what they do over N servers gets at most N times as much. A Redis that hangs costs a call up to a
 * second, until its connection is given up.
 */
export class RedisRateLimits implements RateLimits {
  private readonly limiters = new Map<string, RateLimiterRedis | BurstyRateLimiter>();

  constructor(private readonly redis: RedisConnection) {}

  async consume(limit: RateLimit, key: string, points = 1): Promise<number> {
    try {
      await this.limiter(limit).consume(key, points);
      return 0;
    } catch (rejection) {
      if (rejection instanceof RateLimiterRes) return Math.max(1, rejection.msBeforeNext);
      throw rejection;
    }
  }

  private limiter(limit: RateLimit): RateLimiterRedis | BurstyRateLimiter {
    const existing = this.limiters.get(limit.name);
    if (existing) return existing;
    const { name, perWindow, windowMs, burst, burstWindowMs } = limit;
    const steady = this.counter(name, perWindow, windowMs);
    const limiter =
      burst === 0 ? steady : new BurstyRateLimiter(steady, this.counter(`${name}+`, burst, burstWindowMs));
    this.limiters.set(name, limiter);
    return limiter;
  }

  private counter(name: string, points: number, windowMs: number): RateLimiterRedis {
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
