import { afterEach, beforeEach, expect, test } from 'bun:test';
import { configure, type LogRecord, reset } from '@logtape/logtape';
import { errors } from '@parley/protocol';
import { Refusal, Unavailable } from '../../src/platform/failures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';
import { type ApiUnderTest, answerOf, startApi } from './api-under-test.ts';

let logged: LogRecord[];
beforeEach(async () => {
  logged = [];
  await configure({
    sinks: { memory: (record) => logged.push(record) },
    loggers: [
      { category: 'parley', sinks: ['memory'] },
      { category: ['logtape', 'meta'], sinks: [], lowestLevel: 'error' },
    ],
  });
});
afterEach(() => reset());

/** A server whose `getServer` fails with this error. */
function failingWith(error: unknown): Promise<ApiUnderTest> {
  return startApi({
    wrap: (adapters) => {
      adapters.users.isEmpty = () => Promise.reject(error);
      return adapters;
    },
  });
}

test('a fault is answered without internal details, which are logged under the same instance', async () => {
  const api = await failingWith(new Error('the password of the database is hunter2'));
  const { status, problem } = await api.call('getServer', {});
  expect(status).toBe(500);
  expect(problem.code).toBe('internal');
  expect(JSON.stringify(problem)).not.toContain('hunter2');
  expect(problem.instance).toStartWith('urn:uuid:');
  expect(logged.map(({ properties }) => [properties['instance'], String(properties['error'])])).toEqual([
    [problem.instance, 'Error: the password of the database is hunter2'],
  ]);
  await api.close();
});

test('an unavailable service is answered with a time to retry', async () => {
  const api = await failingWith(new Unavailable('the store is unavailable'));
  const { status, problem, headers } = await api.call('getServer', {});
  expect([status, problem.code]).toEqual([503, 'unavailable']);
  expect(problem.retryAfterMs).toBePositive();
  expect(headers.get('retry-after')).toBe('1');
  await api.close();
});

test.each([
  [1, '1'],
  [1_000, '1'],
  [1_001, '2'],
])('Retry-After of %i ms is %s s: never too soon', async (retryAfterMs, seconds) => {
  const api = await failingWith(new Refusal('overloaded', 'Too much.', { retryAfterMs }));
  const { problem, headers } = await api.call('getServer', {});
  expect(problem.retryAfterMs).toBe(retryAfterMs);
  expect(headers.get('retry-after')).toBe(seconds);
  await api.close();
});

test('a refusal has its code, status and meaning, and is not logged as a fault', async () => {
  const api = await failingWith(new Refusal('rate_limited', 'Too many.'));
  const { problem } = await api.call('getServer', {});
  expect(problem).toEqual({
    type: '/docs#error-rate_limited',
    title: errors.rate_limited.meaning,
    status: 429,
    detail: 'Too many.',
    code: 'rate_limited',
  });
  expect(logged).toEqual([]);
  await api.close();
});

test('when the limiter is unavailable, requests are admitted and the failure is reported', async () => {
  const api = await startApi({ rateLimits: { consume: () => Promise.reject(new Error('away')) } });
  expect((await api.call('getServer', {})).status).toBe(200);
  expect(logged.map(({ level }) => level)).toEqual(['error']);
  await api.close();
});

test('a body that does not arrive times out', async () => {
  const clock = new FakeClock();
  const api = await startApi({ clock });
  const body = new ReadableStream({ pull: () => new Promise(() => undefined) });
  const answer = api.fetch('/v1/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  let isAnswered = false;
  void answer.then(() => {
    isAnswered = true;
  });
  await until('the request is answered', () => {
    clock.advance(1_000);
    return isAnswered;
  });
  const { problem } = await answerOf('login', await answer);
  expect(problem.code).toBe('invalid_request');
  expect(problem.detail).toContain('30 s');
  await api.close();
});
