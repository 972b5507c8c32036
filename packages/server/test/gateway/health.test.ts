import { expect, test } from 'bun:test';
import { type Check, Health } from '../../src/gateway/health.ts';
import { type Clock, systemClock } from '../../src/platform/clock.ts';

async function readiness(health: Health): Promise<[number, unknown]> {
  const answer = await health.readyz();
  return [answer.status, await answer.json()];
}

test('is ready only after the start, and reports draining before it stops', async () => {
  const health = new Health();
  expect(await readiness(health)).toEqual([503, { status: 'starting' }]);
  health.ready();
  expect(await readiness(health)).toEqual([200, { status: 'ready', checks: {} }]);
  health.draining();
  expect(await readiness(health)).toEqual([503, { status: 'draining' }]);
  expect(health.livez().status).toBe(200);
});

test('a failing check makes it unready while it fails, and is named', async () => {
  let away = true;
  const store: Check = () => (away ? Promise.reject(new Error('away')) : Promise.resolve());
  const health = new Health({ store, registry: () => Promise.resolve() });
  health.ready();
  expect(await readiness(health)).toEqual([
    503,
    { status: 'unavailable', checks: { store: 'failed', registry: 'ok' } },
  ]);
  away = false;
  expect(await readiness(health)).toEqual([200, { status: 'ready', checks: { store: 'ok', registry: 'ok' } }]);
});

test('a check that does not answer has failed', async () => {
  const deadline = Promise.withResolvers<() => void>();
  const clock: Pick<Clock, 'after'> = {
    after(_, run) {
      deadline.resolve(run);
      return () => undefined;
    },
  };
  const health = new Health({ store: () => new Promise(() => undefined) }, clock);
  health.ready();
  const asked = readiness(health);
  (await deadline.promise)();
  expect(await asked).toEqual([503, { status: 'unavailable', checks: { store: 'failed' } }]);
});

test('a process that does not reach what others reach is unready until it does', async () => {
  let isCutOff = true;
  const health = new Health({}, systemClock, { failedChecks: 'are reported', isCutOff: () => isCutOff });
  health.ready();
  expect(await readiness(health)).toEqual([503, { status: 'cut off', checks: {} }]);
  isCutOff = false;
  expect(await readiness(health)).toEqual([200, { status: 'ready', checks: {} }]);
});

test('in a cluster a failed check is reported and makes no process unready', async () => {
  const store: Check = () => Promise.reject(new Error('away'));
  const health = new Health({ store }, systemClock, { failedChecks: 'are reported' });
  health.ready();
  expect(await readiness(health)).toEqual([200, { status: 'degraded', checks: { store: 'failed' } }]);
  health.draining();
  expect(await readiness(health)).toEqual([503, { status: 'draining' }]);
});
