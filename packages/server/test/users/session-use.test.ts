import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { Adapters } from '../../src/compose/adapters.ts';
import { composeAdapters } from '../../src/compose/compose.ts';
import { Unwritable } from '../../src/platform/failures.ts';
import { composeProcess } from '../../src/process/compose-process.ts';
import type { Accounts } from '../../src/users/accounts.ts';
import { configInMemory } from '../support/config-in-memory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { CountingArgon2 } from './counting-argon2.ts';

const dayMs = 86_400_000;
const password = 'a good password';

let clock: FakeClock;
let adapters: Adapters;
let accounts: Accounts;

beforeEach(async () => {
  clock = new FakeClock();
  adapters = await composeAdapters(configInMemory(), clock);
  const { edge } = composeProcess(configInMemory(), adapters, { clock, argon2: new CountingArgon2() });
  if (!edge) throw new Error('an embedded server has accounts');
  accounts = edge.services.accounts;
});
afterEach(() => adapters.close());

/** A session, and the stored time of its last use after another use. */
async function session(): Promise<{ lastUsedAfterUse(): Promise<number | undefined> }> {
  const { token, account } = await accounts.signup({ username: 'ana', password }, true);
  return {
    async lastUsedAfterUse() {
      await accounts.authenticate(token);
      // `authenticate` does not wait for this write. Writes are done in order, so a later one ends after it.
      await adapters.users.update(account.id, {});
      return (await adapters.users.sessions(account.id))[0]?.lastUsedAtMs;
    },
  };
}

test('the time of the last use of a session is written at most once a minute', async () => {
  const startedAtMs = clock.nowMs();
  const { lastUsedAfterUse } = await session();
  clock.advance(60_000);
  expect(await lastUsedAfterUse()).toBe(startedAtMs);
  clock.advance(1);
  expect(await lastUsedAfterUse()).toBe(clock.nowMs());
});

test('a time of last use from while the clock was ahead is corrected by the next use', async () => {
  const { lastUsedAfterUse } = await session();
  clock.aheadMs = dayMs;
  expect(await lastUsedAfterUse()).toBe(clock.nowMs());
  clock.aheadMs = 0;
  expect(await lastUsedAfterUse()).toBe(clock.nowMs());
});

test('a session stays valid while the time of its last use cannot be written', async () => {
  const { token } = await accounts.signup({ username: 'ana', password }, true);
  clock.advance(dayMs);
  adapters.users.touchSession = () => Promise.reject(new Unwritable('the disk is full', 1_000));
  expect((await accounts.authenticate(token))?.user.username).toBe('ana');
});
