import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { Adapters } from '../../src/compose/adapters.ts';
import { embeddedAdapters } from '../../src/compose/embedded.ts';
import { Signals } from '../../src/connections/signals.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Unwritable } from '../../src/platform/failures.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { Accounts } from '../../src/users/accounts.ts';
import { PasswordHashing } from '../../src/users/password-hashing.ts';

const dayMs = 86_400_000;
const password = 'a good password';

let nowMs: number;
let adapters: Adapters;
let accounts: Accounts;

beforeEach(() => {
  nowMs = 1_767_261_600_000;
  adapters = embeddedAdapters(':memory:', systemClock);
  const { users, registry, mailboxes } = adapters;
  const clock = { ...systemClock, nowMs: () => nowMs };
  const signals = new Signals(registry, mailboxes);
  accounts = new Accounts(users, new PasswordHashing(), signals, clock, systemIds, 'open');
});
afterEach(() => adapters.close());

/** A session of somebody, and when it is noted to have been used last, after it was used again. */
async function session(): Promise<{ lastUsedAfterUse(): Promise<number | undefined> }> {
  const { token, account } = await accounts.signup({ username: 'ana', password }, true);
  return {
    async lastUsedAfterUse() {
      await accounts.authenticate(token);
      // Nobody waits for the note; a write that comes after it is done after it.
      await adapters.users.update(account.id, {});
      return (await adapters.users.sessions(account.id))[0]?.lastUsedAtMs;
    },
  };
}

test('a session is noted as used at most once a minute', async () => {
  const startedAtMs = nowMs;
  const { lastUsedAfterUse } = await session();
  nowMs = startedAtMs + 60_000;
  expect(await lastUsedAfterUse()).toBe(startedAtMs);
  nowMs = startedAtMs + 60_001;
  expect(await lastUsedAfterUse()).toBe(nowMs);
});

test('a session used while the clock was ahead is noted with the right time as soon as the clock is right', async () => {
  const { lastUsedAfterUse } = await session();
  nowMs += dayMs;
  expect(await lastUsedAfterUse()).toBe(nowMs);
  nowMs -= dayMs;
  expect(await lastUsedAfterUse()).toBe(nowMs);
});

test('a session is taken also while its use can not be noted', async () => {
  const { token } = await accounts.signup({ username: 'ana', password }, true);
  nowMs += dayMs;
  adapters.users.touchSession = () => Promise.reject(new Unwritable('the disk is full', 1_000));
  expect((await accounts.authenticate(token))?.user.username).toBe('ana');
});
