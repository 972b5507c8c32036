import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { RateLimit, RateLimits } from '../../src/gateway/rate-limits-port.ts';

export interface RateLimitsUnderTest {
  limits: RateLimits;
  passTime(durationMs: number): Promise<void>;
  close(): Promise<void>;
}

const steady: RateLimit = { name: 'steady', perWindow: 5, windowMs: 1_000, burst: 0, burstWindowMs: 0 };
const bursty: RateLimit = { name: 'bursty', perWindow: 5, windowMs: 1_000, burst: 10, burstWindowMs: 60_000 };

export function describeRateLimitsContract(name: string, open: () => Promise<RateLimitsUnderTest>): void {
  describe(`rate limits on ${name}`, () => {
    let opened: RateLimitsUnderTest;

    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    const take = (limit: RateLimit, key = 'ana', points?: number) => opened.limits.consume(limit, key, points);
    /** The number of `attempts` that are admitted, one after the other. */
    async function admitted(limit: RateLimit, attempts: number, key?: string): Promise<number> {
      let count = 0;
      for (let attempt = 0; attempt < attempts; attempt++) if ((await take(limit, key)) === 0) count++;
      return count;
    }

    test('admit as many calls as a window allows, sequential or concurrent', async () => {
      expect(await admitted(steady, 20)).toBe(5);
      const atOnce = await Promise.all(Array.from({ length: 20 }, () => take(steady, 'ben')));
      expect(atOnce.filter((waitMs) => waitMs === 0)).toHaveLength(5);
    });

    test.each([steady, bursty])(
      'return the time to retry, which earlier attempts do not extend: $name',
      async (limit) => {
        await admitted(limit, limit.perWindow + limit.burst);
        const waitMs = await take(limit);
        expect(waitMs).toBePositive();
        expect(waitMs).toBeLessThanOrEqual(limit.windowMs);
        await admitted(limit, 50);
        await opened.passTime(waitMs);
        expect(await take(limit)).toBe(0);
      },
    );

    test('admit a burst beyond the window, once for each burst window', async () => {
      expect(await admitted(bursty, 50)).toBe(15);
      await opened.passTime(1_000);
      expect(await admitted(bursty, 50)).toBe(5);
      await opened.passTime(60_000);
      expect(await admitted(bursty, 50)).toBe(15);
    });

    test('count each key and each limit separately', async () => {
      await admitted(steady, 10, 'ana');
      expect(await admitted(steady, 10, 'ben')).toBe(5);
      expect(await admitted({ ...steady, name: 'another' }, 10, 'ana')).toBe(5);
    });

    test('take several points at once', async () => {
      expect(await take(steady, 'ana', 4)).toBe(0);
      expect(await take(steady, 'ana', 4)).toBePositive();
      await opened.passTime(1_000);
      expect(await take(steady, 'ana', 5)).toBe(0);
      expect(await take(steady, 'ana')).toBePositive();
    });
  });
}
