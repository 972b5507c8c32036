import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Operation, type OperationId, operations } from '@parley/protocol';
import { operationExamples } from '../../src/gateway/reference/operation-examples.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type ApiUnderTest, answerOf, requestFor, startApi } from './api-under-test.ts';

let api: ApiUnderTest;
let admin: Awaited<ReturnType<ApiUnderTest['person']>>;
let ana: Awaited<ReturnType<ApiUnderTest['person']>>;
let revoked: string;
let disabled: string;
let stored: string;

beforeAll(async () => {
  // As time stands still, no work in the background changes the stored rows.
  api = await startApi({ clock: new FakeClock() });
  admin = await api.person('admin');
  ana = await api.person('ana');
  const once = await api.person('once');
  await api.call('logout', {}, { token: once.token });
  revoked = once.token;
  const gone = await api.person('gone');
  await api.call('setAccountDisabled', { userId: gone.userId, disabled: true }, { token: admin.token });
  disabled = gone.token;
  stored = api.dump();
});
afterAll(() => api.close());

async function callWith(id: OperationId, authorization: string | undefined) {
  const { path, init } = requestFor(id, operationExamples[id].input);
  const headers = authorization === undefined ? init.headers : { ...init.headers, authorization };
  return answerOf(id, await api.fetch(path, { ...init, ...(headers ? { headers } : {}) }));
}

const all = Object.entries(operations) as [OperationId, Operation][];
const authorizations: [string, () => string | undefined][] = [
  ['no token', () => undefined],
  ['an empty header', () => ''],
  ['an unknown token', () => `Bearer ${'A'.repeat(43)}`],
  ['a token that is too long', () => `Bearer ${'A'.repeat(10_000)}`],
  ['another scheme', () => `Basic ${ana.token}`],
  ['the token alone', () => ana.token],
  ['something before the scheme', () => `x Bearer ${ana.token}`],
  ['two tokens', () => `Bearer ${ana.token} ${ana.token}`],
  ['the token of an ended session', () => `Bearer ${revoked}`],
  ['the token of a disabled account', () => `Bearer ${disabled}`],
];

describe.each(all.filter(([, operation]) => operation.access !== 'public'))('%s', (id) => {
  test.each(authorizations)('does nothing with %s', async (_, authorization) => {
    const { problem, headers } = await callWith(id, authorization());
    expect(problem.code).toBe('unauthenticated');
    expect(headers.get('www-authenticate')).toBe('Bearer');
    expect(api.dump()).toBe(stored);
  });

  test('requires a token before it reads the request', async () => {
    const { path, init } = requestFor(id, operationExamples[id].input);
    const body = init.body ? { body: '{"broken' } : {};
    const { problem } = await answerOf(id, await api.fetch(`${path}?nonsense=1`, { ...init, ...body }));
    expect(problem.code).toBe('unauthenticated');
  });
});

describe.each(all.filter(([, operation]) => operation.access === 'administrator'))('%s', (id) => {
  test('does nothing for a user who is not an administrator', async () => {
    const { problem } = await callWith(id, `Bearer ${ana.token}`);
    expect(problem.code).toBe('forbidden');
    expect(api.dump()).toBe(stored);
  });
});

test('the scheme of a token is read without regard to case', async () => {
  expect((await callWith('getAccount', `bearer ${ana.token}`)).status).toBe(200);
});

test('sessions of another user can neither be listed nor ended', async () => {
  const { sessions } = (await api.call('listSessions', {}, { token: ana.token })).response;
  expect(sessions.map((session) => session.id)).toEqual([ana.sessionId]);
  const { problem } = await api.call('revokeSession', { sessionId: admin.sessionId }, { token: ana.token });
  expect(problem.code).toBe('not_found');
  expect((await api.call('getAccount', {}, { token: admin.token })).status).toBe(200);
});

describe('objects that a user may not know of', () => {
  const missing = '01980c61-03f7-7b5a-a6c9-94d80e3b1f57';
  let foreign: string;

  beforeAll(async () => {
    foreign = (await api.call('createGroup', { name: 'Private' }, { token: admin.token })).response.id;
  });

  const onConversation = all.filter(
    ([, { path, access }]) => path.includes('{conversationId}') && access === 'session',
  );

  test.each(onConversation)('%s answers the same for a group of others as for a missing one', async (id) => {
    const { userId } = ana;
    const asked = async (conversationId: string) => {
      const example = operationExamples[id].input as object;
      const input = { ...example, ...('userId' in example ? { userId } : {}), conversationId };
      const given = 'userIds' in example ? { ...input, userIds: [userId] } : input;
      const { path, init } = requestFor(id, given, ana.token);
      const answer = await api.fetch(path, init);
      expect(answer.status).toBe(404);
      return { headers: [...answer.headers], body: await answer.text() };
    };
    expect(await asked(foreign)).toEqual(await asked(missing));
  });

  test('a private group is found by no search', async () => {
    const { channels } = (await api.call('channelSearch', { q: 'priv' }, { token: ana.token })).response;
    expect(channels).toEqual([]);
  });

  test('a disabled account is not listed as a person', async () => {
    const { users } = (await api.call('userSearch', { q: 'gone' }, { token: ana.token })).response;
    expect(users).toEqual([]);
  });
});
