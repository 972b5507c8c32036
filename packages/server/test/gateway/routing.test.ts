import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Operation, operations, Problem } from '@parley/protocol';
import { type ApiUnderTest, startApi } from './api-under-test.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

async function problemOf(answer: Response): Promise<Problem> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  return Problem.parse(await answer.json());
}

test.each([
  '/nothing',
  '/v1',
  '/v1/',
  '/v1/nothing',
  '/v1/account/',
  '/v1/../v2',
  '/docs/',
  '/v1/users/a/b',
  '/V1/server',
])('there is nothing at %s', async (path) => {
  const answer = await api.fetch(path);
  expect(answer.status).toBe(404);
  expect((await problemOf(answer)).code).toBe('not_found');
});

test.each([
  ['/v1/account', 'POST', 'GET, PATCH, HEAD, OPTIONS'],
  ['/v1/signup', 'GET', 'POST, OPTIONS'],
  ['/v1/sessions/0198', 'PUT', 'DELETE, OPTIONS'],
  ['/docs', 'DELETE', 'GET, HEAD, OPTIONS'],
  ['/v1/openapi.json', 'POST', 'GET, HEAD, OPTIONS'],
])('%s does not accept %s', async (path, method, allow) => {
  const answer = await api.fetch(path, { method });
  expect(answer.status).toBe(405);
  expect((await problemOf(answer)).code).toBe('method_not_allowed');
  expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(allow.split(', ').sort());
});

test.each(Object.entries(operations))('OPTIONS returns the methods of the path of %s', async (_, operation) => {
  const answer = await api.fetch(operation.path.replaceAll(/\{\w+\}/g, 'x'), { method: 'OPTIONS' });
  expect(answer.status).toBe(204);
  expect(answer.headers.get('allow')).toContain(operation.method);
});

test('HEAD answers as GET does, without a body', async () => {
  const answer = await api.fetch('/v1/server', { method: 'HEAD' });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toBe('');
});

describe('headers', () => {
  test.each(['/v1/server', '/v1/account', '/nothing'])('of %s prevent caching and embedding', async (path) => {
    const { headers } = await api.fetch(path);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('parley-server')).toBe('1');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('of /docs allow it to load nothing', async () => {
    const answer = await api.fetch('/docs');
    expect(answer.headers.get('content-type')).toStartWith('text/html');
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(await answer.text()) ?? [];
    const digest = new Bun.CryptoHasher('sha256').update(style).digest('base64');
    expect(policy).toContain(`style-src 'sha256-${digest}'`);
  });
});

describe('origins', () => {
  const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };

  test('no other origin may use the API unless it is allowed', async () => {
    const headers = { origin: 'https://chat.example', ...preflight };
    const answer = await api.fetch('/v1/login', { method: 'OPTIONS', headers });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('an allowed origin may, and no other', async () => {
    const open = await startApi({ settings: { 'allowed-origins': 'https://chat.example' } });
    const asked = async (origin: string) => {
      const before = await open.fetch('/v1/login', { method: 'OPTIONS', headers: { origin, ...preflight } });
      const answer = await open.fetch('/v1/server', { headers: { origin } });
      return [before, answer].map(({ headers }) => headers.get('access-control-allow-origin'));
    };
    expect(await asked('https://chat.example')).toEqual(['https://chat.example', 'https://chat.example']);
    expect(await asked('https://elsewhere.example')).toEqual([null, null]);
    await open.close();
  });

  test('the allowed origin may send every header that an operation reads', async () => {
    const open = await startApi({ settings: { 'allowed-origins': 'https://chat.example' } });
    const headers = { origin: 'https://chat.example', ...preflight };
    const answer = await open.fetch('/v1/login', { method: 'OPTIONS', headers });
    const read = Object.values(operations).flatMap((each: Operation) => Object.keys(each.headers?.shape ?? {}));
    const allowed = answer.headers.get('access-control-allow-headers')?.split(',');
    expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', ...read]));
    await open.close();
  });

  test('the allowed origin can read the time to retry', async () => {
    const open = await startApi({ settings: { 'allowed-origins': 'https://chat.example' } });
    const { headers } = await open.fetch('/v1/account', { headers: { origin: 'https://chat.example' } });
    expect(headers.get('access-control-expose-headers')).toBe('retry-after');
    await open.close();
  });
});
