import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { PostgresUserStore } from '../../src/adapters/postgres/user-store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type ApiUnderTest, password, startApi } from './api-under-test.ts';

let api: ApiUnderTest;
/** The calls of the user store, in order. */
let calls: string[];
beforeEach(async () => {
  calls = [];
  api = await startApi({
    // As time stands still, no work in the background calls the store.
    clock: new FakeClock(),
    wrap: (adapters) => ({
      ...adapters,
      users: new Proxy(adapters.users, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          return (...given: unknown[]) => {
            calls.push(String(name));
            return value.apply(target, given);
          };
        },
      }),
    }),
  });
  const admin = await api.person('admin');
  await api.person('ana');
  const { userId } = await api.person('disabled');
  await api.call('setAccountDisabled', { userId, disabled: true }, admin);
});
afterEach(() => api.close());

const secret = 'A'.repeat(43);

/** The answer to a log-in, and the work for it. */
async function attempt(username: string, attempted: string, device?: string) {
  const before = { ...api.argon2 };
  calls = [];
  const given = device === undefined ? {} : { device };
  const { status, problem, headers } = await api.call('login', { username, password: attempted }, given);
  const hashes = [api.argon2.hashes - before.hashes, api.argon2.verifications - before.verifications];
  return { status, problem, headers: [...headers], calls, hashes };
}

test.each([undefined, secret, `${secret}, ${secret}`])(
  'an unknown name, a wrong password and a disabled account get the same answer for the same work (device %p)',
  async (device) => {
    const wrong = await attempt('ana', 'not this one', device);
    expect(wrong.hashes).toEqual([0, 1]);
    expect(wrong.problem.code).toBe('wrong_credentials');
    for (const [username, attempted] of [
      ['nobody', 'not this one'],
      ['nobody\0', 'not this one'],
      ['ana\0', password],
      ['', password],
      ['disabled', password],
      ['disabled', 'not this one'],
      ['ana', ''],
    ] as const) {
      expect(await attempt(username, attempted, device)).toEqual(wrong);
    }
  },
);

test('a sign-up does the same work for a taken and for a free name', async () => {
  const work = async (username: string) => {
    const { hashes } = api.argon2;
    calls = [];
    const { status } = await api.call('signup', { username, password });
    return { status, hashes: api.argon2.hashes - hashes, first: calls.slice(0, 2) };
  };
  const taken = await work('ana');
  const free = await work('free');
  expect([taken.status, free.status]).toEqual([409, 201]);
  expect({ ...taken, status: 0 }).toEqual({ ...free, status: 0 });
});

test('PostgreSQL runs as many statements for an unknown name as for a known one', async () => {
  const statementsFor = async (holder: { user_id: string }[]) => {
    let statements = 0;
    const at = async () => (statements++ === 0 ? holder : []);
    const users = new PostgresUserStore({ at } as unknown as ShardedDatabase);
    await users.byUsername('ana');
    return statements;
  };
  expect(await statementsFor([])).toBe(await statementsFor([{ user_id: 'ana' }]));
});
