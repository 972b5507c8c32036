import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type ApiUnderTest, password, startApi } from '../gateway/api-under-test.ts';
import { until } from '../support/until.ts';

const nobody = '01980c5e-7a10-7c3e-9d52-5b1f0c9a4e11';

let api: ApiUnderTest;
let admin: Awaited<ReturnType<ApiUnderTest['person']>>;

beforeEach(async () => {
  api = await startApi({ settings: { signup: 'closed' } });
  admin = await api.person('admin');
});
afterEach(() => api.close());

function create(username: string, more: { administrator?: boolean; displayName?: string } = {}) {
  return api.call('createAccount', { username, password, ...more }, admin);
}

test('creates accounts when sign-up is closed, and administrators only on request', async () => {
  expect((await create('ana', { displayName: 'Ana M.' })).response).toMatchObject({
    ...{ username: 'ana', displayName: 'Ana M.', administrator: false, disabled: false },
  });
  expect((await create('ben', { administrator: true })).response.administrator).toBe(true);
  expect((await create('ANA')).problem.code).toBe('username_taken');
  expect((await api.call('login', { username: 'ana', password })).status).toBe(201);
});

test('lists every account by username, disabled ones too, page after page', async () => {
  for (const name of ['Cleo', 'ana', 'Ben', 'bea']) await create(name);
  const { userId } = { userId: (await create('zoe')).response.id };
  await api.call('setAccountDisabled', { userId, disabled: true }, admin);
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { cursor?: string } = cursor === null ? {} : { cursor };
    const { response } = await api.call('listAccounts', { limit: 2, ...page }, admin);
    names.push(...response.users.map((user) => user.username));
    cursor = response.nextCursor;
  } while (cursor !== null);
  expect(names).toEqual(['admin', 'ana', 'bea', 'Ben', 'Cleo', 'zoe']);
  const { users } = (await api.call('listAccounts', { q: 'BE' }, admin)).response;
  expect(users.map((user) => user.username)).toEqual(['bea', 'Ben']);
});

test('refuses a cursor of another list, naming the field', async () => {
  const { problem } = await api.call('listAccounts', { cursor: 'nonsense' }, admin);
  expect(problem.errors?.map(({ field }) => field)).toEqual(['/cursor']);
});

test("a disabled account can't be used or found until it is enabled again", async () => {
  const { id: userId } = (await create('ana')).response;
  const { token } = (await api.call('login', { username: 'ana', password })).response;
  const disabled = await api.call('setAccountDisabled', { userId, disabled: true }, admin);
  expect(disabled.response.disabled).toBe(true);
  expect((await api.call('getAccount', {}, { token })).problem.code).toBe('unauthenticated');
  expect((await api.call('getUser', { userId }, admin)).problem.code).toBe('not_found');
  expect((await api.call('openDirect', { userId }, admin)).problem.code).toBe('not_found');
  await api.call('setAccountDisabled', { userId, disabled: false }, admin);
  expect((await api.call('getAccount', {}, { token })).problem.code).toBe('unauthenticated');
  expect((await api.call('login', { username: 'ana', password })).status).toBe(201);
  expect((await api.call('getUser', { userId }, admin)).status).toBe(200);
});

test('refuses to disable the last administrator, for every caller', async () => {
  const { userId } = admin;
  const refused = await api.call('setAccountDisabled', { userId, disabled: true }, admin);
  expect([refused.status, refused.problem.code]).toEqual([409, 'last_administrator']);
  expect((await api.call('getAccount', {}, admin)).status).toBe(200);
  const { id: benId } = (await create('ben', { administrator: true })).response;
  const ben = (await api.call('login', { username: 'ben', password })).response;
  const both = await Promise.all([
    api.call('setAccountDisabled', { userId: benId, disabled: true }, admin),
    api.call('setAccountDisabled', { userId, disabled: true }, { token: ben.token }),
  ]);
  expect(both.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
  const left = await Promise.all([admin, ben].map(({ token }) => api.call('listAccounts', {}, { token })));
  expect(left.map(({ status }) => status).sort()).toEqual([200, 401]);
});

test('resets a password', async () => {
  const { id: userId } = (await create('ana')).response;
  expect((await api.call('resetPassword', { userId, newPassword: 'seven grey herons' }, admin)).status).toBe(204);
  expect((await api.call('login', { username: 'ana', password })).problem.code).toBe('wrong_credentials');
  expect((await api.call('login', { username: 'ana', password: 'seven grey herons' })).status).toBe(201);
});

test('answers not_found for an unknown user', async () => {
  const disable = await api.call('setAccountDisabled', { userId: nobody, disabled: true }, admin);
  expect(disable.problem.code).toBe('not_found');
  const reset = await api.call('resetPassword', { userId: nobody, newPassword: 'seven grey herons' }, admin);
  expect(reset.problem.code).toBe('not_found');
});

test('returns the totals of the server', async () => {
  await create('ana');
  await api.call('createChannel', { name: 'News' }, admin);
  // A follower maintains these counts, a fraction of a second behind.
  const stats = async () => (await api.call('getStats', {}, admin)).response;
  await until('the channel is counted', async () => (await stats()).channels === 1);
  const expected = { users: 2, conversations: 1, directConversations: 0, groups: 0, messages: 0 };
  expect(await stats()).toMatchObject(expected);
});
