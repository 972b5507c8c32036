import { expect, test } from 'bun:test';
import { SharedCheck } from '../src/platform/shared-check.ts';
import { FakeClock } from './support/fake-clock.ts';

function checkUnderTest() {
  const clock = new FakeClock();
  const started: PromiseWithResolvers<void>[] = [];
  const shared = new SharedCheck(() => {
    const next = Promise.withResolvers<void>();
    started.push(next);
    return next.promise;
  }, clock);
  return { clock, shared, started };
}

test('all callers within a second share one check and its outcome', async () => {
  const { clock, shared, started } = checkUnderTest();
  const asked = Array.from({ length: 50 }, () => shared.outcome());
  started[0]?.reject(new Error('full'));
  for (const each of await Promise.allSettled(asked)) expect(each.status).toBe('rejected');
  clock.advance(999);
  await expect(shared.outcome()).rejects.toThrow('full');
  expect(started).toHaveLength(1);
  clock.advance(1);
  const again = shared.outcome();
  started[1]?.resolve();
  await again;
  expect(started).toHaveLength(2);
});

test('no second check runs while one lasts longer than a second', async () => {
  const { clock, shared, started } = checkUnderTest();
  const first = shared.outcome();
  clock.advance(5_000);
  const second = shared.outcome();
  expect(started).toHaveLength(1);
  started[0]?.resolve();
  await Promise.all([first, second]);
});
