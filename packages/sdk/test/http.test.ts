import { beforeEach, expect, test } from 'bun:test';
import { Disconnected, HttpApi, Intercepted, ParleyError } from '../src/index.ts';
import { ana, roomId } from './support/entries.ts';
import { problem } from './support/fake-api.ts';

let asked: { url: string; init: RequestInit }[];
let answer: () => Response | Promise<Response>;
let api: HttpApi;
beforeEach(() => {
  asked = [];
  api = new HttpApi('https://chat.example', {
    fetch: async (url, init) => {
      asked.push({ url, init });
      return answer();
    },
  });
});

const outcomeOf = (call: Promise<unknown>) => call.catch((error: unknown) => error);

test('path, query and body are encoded from one input', async () => {
  answer = () => Response.json({ conversationId: roomId, entries: [], headSeq: 0, visibleFromSeq: 1 });
  await api.call('getHistory', { conversationId: roomId, after: 0, limit: 5 });
  expect(asked[0]?.url).toBe(`https://chat.example/v1/conversations/${roomId}/history?after=0&limit=5`);
  expect(asked[0]?.init.body).toBeUndefined();
  answer = () => Response.json({ users: [], nextCursor: null });
  await api.call('userSearch', { q: 'ä&b=c' });
  expect(asked[1]?.url).toBe('https://chat.example/v1/users?q=%C3%A4%26b%3Dc');
  answer = () => Response.json(ana);
  await api.call('updateAccount', { displayName: 'Ana' });
  expect(asked[2]?.init).toMatchObject({ method: 'PATCH', body: '{"displayName":"Ana"}' });
});

test('the token is sent in the header if there is one', async () => {
  answer = () => Response.json(ana);
  await api.call('getAccount', {});
  api.token = 'secret';
  await api.call('getAccount', {});
  expect(asked.map(({ init }) => init.headers)).toEqual([{}, { authorization: 'Bearer secret' }]);
  expect(asked[1]?.url).not.toContain('secret');
});

test('an error response is a ParleyError with all fields of the response', async () => {
  answer = () => problem('rate_limited', 429);
  const error = await outcomeOf(api.call('getAccount', {}));
  expect(error).toBeInstanceOf(ParleyError);
  expect(error).toMatchObject({ code: 'rate_limited', status: 429, temporary: true });
});

test('a response that is not Parley’s is Disconnected', async () => {
  const strange: (() => Response | Promise<Response>)[] = [
    () => Promise.reject(new TypeError('no network')),
    () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
    () => new Response('<h1>Welcome to this hotel’s network</h1>'),
    () => Response.json({ hello: 'world' }),
    () => Response.json({ error: 'of somebody else' }, { status: 400 }),
  ];
  for (const each of strange) {
    answer = each;
    expect(await outcomeOf(api.call('getAccount', {}))).toBeInstanceOf(Disconnected);
  }
});

test('a response of a proxy that requests a sign-in is Intercepted, also for operations without a body', async () => {
  const html = { 'content-type': 'text/html; charset=utf-8' };
  const signIns: (() => Response)[] = [
    () => new Response(null, { status: 302, headers: { location: 'https://sign-on.example/' } }),
    () => new Response(null, { status: 307, headers: { location: '/oauth2/sign_in' } }),
    () => new Response('<h1>Sign in</h1>', { headers: html }),
    () => new Response('<h1>Sign in</h1>', { status: 401, headers: html }),
    () => Response.json({ error: 'login_required' }, { status: 401 }),
    () => new Response('Forbidden', { status: 403 }),
    () => new Response('<h1>Sign in</h1>', { status: 511, headers: html }),
  ];
  for (const each of signIns) {
    answer = each;
    expect(await outcomeOf(api.call('getAccount', {}))).toBeInstanceOf(Intercepted);
    expect(await outcomeOf(api.call('logout', {}))).toBeInstanceOf(Intercepted);
  }
  expect(asked.map(({ init }) => init.redirect)).toEqual(asked.map(() => 'manual'));
});

test('an error response, and a proxy that reports the server as unavailable, are not Intercepted', async () => {
  const others = [
    () => problem('unauthenticated', 401),
    () => problem('forbidden', 403),
    () => new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'content-type': 'text/html' } }),
    () => new Response('', { status: 503 }),
  ];
  for (const each of others) {
    answer = each;
    expect(await outcomeOf(api.call('logout', {}))).not.toBeInstanceOf(Intercepted);
  }
});

test('a response with a body to an operation without one is not a success', async () => {
  answer = () => Response.json({ hello: 'world' });
  expect(await outcomeOf(api.call('logout', {}))).toBeInstanceOf(Disconnected);
});
