import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Operation, type OperationId, operations } from '@parley/protocol';
import { isFromThisMachine } from '../../src/gateway/origin.ts';
import { operationExamples } from '../../src/gateway/reference/operation-examples.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { invitationForFirst } from '../../src/users/first-account.ts';
import { type ApiUnderTest, password, requestFor, startApi } from './api-under-test.ts';

const allowed = 'https://app.example.org';

let api: ApiUnderTest;
let token: string;
beforeAll(async () => {
  api = await startApi({ settings: { 'allowed-origins': allowed } });
  ({ token } = await api.person('ana'));
});
afterAll(() => api.close());

async function codeOf(id: OperationId, headers: Record<string, string>): Promise<string | undefined> {
  const { path, init } = requestFor(id, operationExamples[id].input, token);
  const answer = await api.fetch(path, { ...init, headers: { ...(init.headers as object), ...headers } });
  return answer.status === 204 ? undefined : ((await answer.json()) as { code?: string }).code;
}

const ids = (Object.keys(operations) as OperationId[]).filter((id) => id !== 'logout');

describe('requests of web pages', () => {
  test.each([
    ['of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['of another host of the same site', { 'sec-fetch-site': 'same-site', origin: 'http://other.localhost' }],
    ['without an origin, as no-cors requests of GET are', { 'sec-fetch-site': 'cross-site' }],
    ['of a browser that sends only the origin', { origin: 'https://evil.example' }],
    ['of a page without an origin', { origin: 'null' }],
    ['of this host at another port', { origin: 'http://localhost:8081' }],
  ])('%s are refused by every operation', async (_, headers) => {
    for (const id of ids) expect(`${id}: ${await codeOf(id, headers)}`).toBe(`${id}: origin_not_allowed`);
  });

  test.each([
    ['of the server itself', { 'sec-fetch-site': 'same-origin', origin: 'http://localhost' }],
    [
      'of the server itself behind a proxy that changes the host',
      { 'sec-fetch-site': 'same-origin', origin: 'https://chat.example' },
    ],
    ['of the server itself, by a browser that sends only the origin', { origin: 'http://localhost' }],
    ['of an origin that the operator allows', { 'sec-fetch-site': 'cross-site', origin: allowed }],
    ['not of a page', {}],
  ])('%s are taken', async (_, headers) => {
    for (const id of ids) expect(`${id}: ${await codeOf(id, headers)}`).not.toBe(`${id}: origin_not_allowed`);
  });
});

describe('a body', () => {
  const withBody = (Object.entries(operations) as [OperationId, Operation][]).filter(([, { body }]) => body);

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp', ''])(
    'of the type "%s", which browsers send to other sites without a preflight, is refused by every operation',
    async (type) => {
      for (const [id] of withBody) {
        expect(`${id}: ${await codeOf(id, { 'content-type': type })}`).toMatch(/unsupported_media_type|forbidden/);
      }
    },
  );

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset=UTF-8'])(
    'of the type "%s" is read',
    async (type) => {
      const { path, init } = requestFor('login', { username: 'nobody', password });
      const answer = await api.fetch(path, { ...init, headers: { 'content-type': type } });
      expect(await answer.json()).toMatchObject({ code: 'wrong_credentials' });
    },
  );
});

describe('a request is made on this machine', () => {
  const at = (url: string, peer: string, headers: Record<string, string> = {}) =>
    isFromThisMachine(new Request(url, { headers }), peer);

  test.each([
    ['http://localhost:8080/', '127.0.0.1'],
    ['http://127.0.0.1:8080/', '::ffff:127.0.0.1'],
    ['http://[::1]:8080/', '::1'],
  ])('%s from %s', (url, peer) => {
    expect(at(url, peer)).toBe(true);
    expect(at(url, peer, { origin: new URL(url).origin })).toBe(true);
  });

  test.each([
    ['by a name that resolves to this machine', 'http://evil.example:8080/', '127.0.0.1', {}],
    ['by a name of another host', 'http://localhost.example/', '127.0.0.1', {}],
    ['from another machine, with localhost as the host', 'http://localhost:8080/', '192.0.2.7', {}],
    ['through a proxy', 'http://localhost:8080/', '127.0.0.1', { 'x-forwarded-for': '192.0.2.7' }],
    ['through a proxy by RFC 7239', 'http://localhost:8080/', '127.0.0.1', { forwarded: 'for=192.0.2.7' }],
    ['by a page of another site', 'http://localhost:8080/', '127.0.0.1', { origin: 'https://chat.example.org' }],
  ])('not %s', (_, url, peer, headers) => {
    expect(at(url, peer, headers)).toBe(false);
  });
});

describe('the first account of an empty server', () => {
  test.each(['open', 'invitation', 'closed'] as const)(
    'needs an invitation unless the request is made on this machine: %s',
    async (signup) => {
      const empty = await startApi({ settings: { signup } });
      const signUp = async (body: object, isFromThisMachine: boolean) => {
        const { path, init } = requestFor('signup', { username: 'first', password, ...body });
        return empty.fetch(path, { ...init, isFromThisMachine });
      };
      const refused = await signUp({}, false);
      expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
        403,
        'first_account_link_needed',
      ]);
      expect((await signUp({ invitation: 'guessed' }, false)).status).toBe(403);
      const token = await invitationForFirst(empty.adapters.users, systemClock, systemIds);
      const first = await signUp({ invitation: token ?? '' }, false);
      expect(first.status).toBe(201);
      expect(await first.json()).toMatchObject({ account: { administrator: true } });
      expect(await invitationForFirst(empty.adapters.users, systemClock, systemIds)).toBeNull();
      await empty.close();
    },
  );

  test("may be created on the server's machine without one", async () => {
    const empty = await startApi({ settings: { signup: 'closed' } });
    const { path, init } = requestFor('signup', { username: 'first', password });
    expect(await (await empty.fetch(path, { ...init, isFromThisMachine: true })).json()).toMatchObject({
      account: { administrator: true },
    });
    await empty.close();
  });
});
