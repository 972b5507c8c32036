import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { fuzzed } from '../../server/test/fuzz/parameters.ts';
import { backoffMs } from '../src/backoff.ts';

const attempts = fc.nat({ max: 10_000 });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('the range doubles from half a second to half a minute, with jitter', () => {
  fc.assert(
    fc.property(attempts, randoms, (attempt, random) => {
      const range = Math.min(30_000, 500 * 2 ** attempt);
      const delayMs = backoffMs(attempt, random);
      expect(delayMs).toBeWithin(Math.round(range / 4), range + 1);
      expect(Number.isInteger(delayMs)).toBe(true);
    }),
    fuzzed(100),
  );
  expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, 0))).toEqual([125, 250, 500, 1_000]);
  expect(backoffMs(0, 0.999)).toBeGreaterThan(490);
});

test('the delay never decreases with the number of attempts', () => {
  fc.assert(
    fc.property(attempts, randoms, (attempt, random) => {
      expect(backoffMs(attempt + 1, random)).toBeGreaterThanOrEqual(backoffMs(attempt, random));
    }),
    fuzzed(100),
  );
});
