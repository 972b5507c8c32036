import { expect, spyOn, test } from 'bun:test';
import { Unavailable } from '../../src/platform/failures.ts';
import { FollowerUnderTest } from './follower-under-test.ts';

/** A follower whose process has this random number, and the delays that it sets. */
function followerWith(random: number) {
  const under = new FollowerUnderTest({ random: () => random });
  const after = spyOn(under.clock, 'after');
  return { under, delaysMs: () => after.mock.calls.map(([delayMs]) => delayMs) };
}

const expected = [
  [0, [125, 250, 500, 1_000]],
  [1, [250, 500, 1_000, 2_000]],
] as const;

test.each(expected)('with the random number %d, opening the feed is retried after %j ms', async (random, retriesMs) => {
  const { under, delaysMs } = followerWith(random);
  under.beforeOpening = () => {
    if (under.failures.length < 4) throw new Unavailable('the feed is away');
  };
  const started = under.runner.start();
  await under.until('the feed is open', () => under.rebuilds === 1);
  await started;
  expect(delaysMs().slice(0, 4)).toEqual([...retriesMs]);
  await under.runner.stop();
});

test.each(expected)('with the random number %d, applying is retried after %j ms', async (random, retriesMs) => {
  const { under, delaysMs } = followerWith(random);
  await under.runner.start();
  await under.until('it is built', () => under.rebuilds === 1);
  under.beforeApplying = () => {
    if (under.failures.length < 4) throw new Unavailable('the store is away');
  };
  const { length } = delaysMs();
  under.decide();
  await under.until('the record is applied', () => under.applied.length === 1);
  // The first delay gathers the parts.
  expect(delaysMs().slice(length + 1, length + 5)).toEqual([...retriesMs]);
  await under.runner.stop();
});
