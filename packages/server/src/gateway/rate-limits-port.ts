/** A rate limit: `perWindow` points in each window, and `burst` more after a quiet time. */
export interface RateLimit {
  /** Names the limit in keys, metrics and messages. */
  name: string;
  perWindow: number;
  windowMs: number;
  /** Extra points, refilled once every `burstWindowMs`; 0 for none. */
  burst: number;
  burstWindowMs: number;
}

export interface RateLimits {
  /**
   * Takes `points` from the allowance of `key` under `limit`. Resolves to 0 when there were enough, otherwise to the
   * milliseconds after which a retry makes sense.
   */
  consume(limit: RateLimit, key: string, points?: number): Promise<number>;
}
