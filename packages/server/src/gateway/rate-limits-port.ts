/** How often something may be done: `perWindow` in each window, and `burst` more for whoever was quiet. */
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
   * Takes `points` of `key`'s allowance under `limit`. Resolves to 0 when they were there, else to the milliseconds
   * after which trying again makes sense.
   */
  consume(limit: RateLimit, key: string, points?: number): Promise<number>;
}
