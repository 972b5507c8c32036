import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type ApiUnderTest, startApi } from '../gateway/api-under-test.ts';

let api: ApiUnderTest;
let ana: Awaited<ReturnType<ApiUnderTest['person']>>;

beforeAll(async () => {
  api = await startApi();
  ana = await api.person('ana');
  for (const name of ['Zoë Ångström', 'Zoe Baker', 'zoe']) {
    const username = name.normalize('NFD').replaceAll(/[^a-z]/gi, '');
    await api.call('updateAccount', { displayName: name }, await api.person(username));
  }
});
afterAll(() => api.close());

async function found(q: string): Promise<string[]> {
  const { users } = (await api.call('userSearch', { q }, { token: ana.token })).response;
  return users.map((user) => user.displayName);
}

test('people are found by the start of a word, ignoring case and accents, each once', async () => {
  expect((await found('ZOË')).sort()).toEqual(['Zoe Baker', 'Zoë Ångström', 'zoe']);
  expect(await found('angst')).toEqual(['Zoë Ångström']);
  expect(await found('ngst')).toEqual([]);
});

test('a query that folds to nothing finds nobody', async () => {
  expect(await found('\u0301')).toEqual([]);
});

test.each(['%', '_', '*', 'z%e', '%oe', 'z_e'])('%j is no wildcard', async (q) => {
  expect(await found(q)).toEqual([]);
});

test('punctuation around a word is ignored', async () => {
  expect((await found('(zoe%)')).sort()).toEqual(await found('zoe').then((names) => names.sort()));
});

test('pages follow one another without a gap or a repeat', async () => {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { cursor?: string } = cursor === null ? {} : { cursor };
    const { response } = await api.call('userSearch', { q: 'z', limit: 1, ...page }, { token: ana.token });
    names.push(...response.users.map((user) => user.username));
    cursor = response.nextCursor;
  } while (cursor !== null);
  expect(new Set(names).size).toBe(3);
});

const listsWithCursors = ['userSearch', 'channelSearch', 'getHomepage'] as const;
const badCursors = ['nonsense', Buffer.from('{"a":1}').toString('base64url'), Buffer.from('[1]').toString('base64url')];

test.each(listsWithCursors.flatMap((id) => badCursors.map((cursor) => [id, cursor] as const)))(
  '%s names a cursor that is none: %s',
  async (id, cursor) => {
    const { problem } = await api.call(id, { q: 'z', cursor } as never, { token: ana.token });
    expect(problem.errors?.map(({ field }) => field)).toContain('/cursor');
  },
);

test('presence shows whether a user is connected', async () => {
  const { userId, token } = await api.person('late');
  const online = async () => (await api.call('getUser', { userId }, { token })).response.online;
  expect(await online()).toBe(false);
  await api.adapters.registry.connect(api.serverId, userId);
  expect(await online()).toBe(true);
});

test('an unknown user is not found', async () => {
  const userId = '01980c5e-7a10-7c3e-9d52-5b1f0c9a4e11';
  expect((await api.call('getUser', { userId }, { token: ana.token })).problem.code).toBe('not_found');
});

test('names are looked up by id: users whose names differ from the given version, disabled users included', async () => {
  const { userId: mia, token } = await api.person('mia');
  const { userId: gus } = await api.person('gus');
  const lookUp = async (userIds: string[], versions?: (string | null)[]) =>
    (await api.call('lookUpUsers', { userIds, ...(versions && { versions }) }, { token: ana.token })).response.users;
  const known = await lookUp([mia, gus, crypto.randomUUID()]);
  expect(known.map(({ displayName }) => displayName).sort()).toEqual(['gus', 'mia']);
  const again = () =>
    lookUp(
      known.map(({ id }) => id),
      known.map(({ version = null }) => version),
    );
  expect(await again()).toEqual([]);
  await api.call('updateAccount', { displayName: 'Mia M.' }, { token });
  expect(await again()).toMatchObject([{ id: mia, displayName: 'Mia M.' }]);
  await api.call('updateAccount', { displayName: 'mia' }, { token });
  expect(await again()).toEqual([]);
});
