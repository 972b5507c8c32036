import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { Adapters } from '../../src/compose/adapters.ts';
import { composeAdapters } from '../../src/compose/compose.ts';
import { SessionLife } from '../../src/users/session-life.ts';
import { SessionUpkeep } from '../../src/users/session-upkeep.ts';
import type { SessionRecord, UserStore } from '../../src/users/users-port.ts';
import { createUser } from '../contract/users-under-test.ts';
import { configInMemory } from '../support/config-in-memory.ts';
import { FakeClock } from '../support/fake-clock.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The clock that only the upkeep uses. */
let clock: FakeClock;
let adapters: Adapters;
let users: UserStore;
let open: { userId: string; sessionId: string }[];
let failures: unknown[];
let upkeep: SessionUpkeep;

beforeEach(async () => {
  clock = new FakeClock();
  adapters = await composeAdapters(configInMemory(), new FakeClock());
  ({ users } = adapters);
  open = [];
  failures = [];
});
afterEach(() => adapters.close());

function start(unusedMaxMs: number | null): void {
  upkeep = new SessionUpkeep({
    ...{ users, clock, life: new SessionLife(clock, unusedMaxMs), openSessions: () => open },
    reportFailure: (error) => failures.push(error),
  });
  upkeep.start();
}

async function session(username: string): Promise<SessionRecord> {
  const { id: userId } = await createUser(users, username);
  const nowMs = clock.nowMs();
  const made = { id: `of ${username}`, userId, device: null, createdAtMs: nowMs, lastUsedAtMs: nowMs };
  await users.createSession(made, username);
  return made;
}

/**
 * Advances the clock hour by hour. After each hour, waits until a run that is due has ended and the upkeep waits for
 * the clock again.
 */
async function pass(durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += hourMs) {
    clock.advance(hourMs);
    await clock.untilAwaited();
  }
}

const isThere = async (token: string) => (await users.sessionByToken(token)) !== undefined;

describe('sessions', () => {
  test('expire when unused, but not while they have an open socket', async () => {
    start(dayMs);
    const kept = await session('open');
    await session('unused');
    open = [{ userId: kept.userId, sessionId: kept.id }];
    await pass(12 * hourMs);
    expect([await isThere('open'), await isThere('unused')]).toEqual([true, true]);
    await pass(3 * dayMs);
    expect([await isThere('open'), await isThere('unused')]).toEqual([true, false]);
    open = [];
    await pass(2 * dayMs);
    expect(await isThere('open')).toBe(false);
    expect(failures).toEqual([]);
    await upkeep.stop();
  });

  test('never expire when expiry is off', async () => {
    start(null);
    await session('unused');
    await pass(30 * dayMs);
    expect(await isThere('unused')).toBe(true);
    await upkeep.stop();
  });

  test("do not expire while the use of open ones can't be recorded", async () => {
    start(dayMs);
    const kept = await session('open');
    open = [{ userId: kept.userId, sessionId: kept.id }];
    const touch = users.touchSession.bind(users);
    users.touchSession = () => Promise.reject(new Error('the disk is full'));
    await pass(3 * dayMs);
    expect(await isThere('open')).toBe(true);
    expect(failures.length).toBeGreaterThan(0);
    users.touchSession = touch;
    await pass(dayMs);
    expect(await isThere('open')).toBe(true);
    await upkeep.stop();
  });
});

test('setting the clock ahead or back while the process runs ends no session', () => {
  const life = new SessionLife(clock, dayMs);
  const used = { id: 'id', userId: 'ana', device: null, createdAtMs: 0, lastUsedAtMs: clock.nowMs() };
  for (const aheadMs of [400 * dayMs, -400 * dayMs]) {
    clock.aheadMs = aheadMs;
    expect(life.isOver(used)).toBe(false);
  }
  clock.aheadMs = 0;
  clock.advance(dayMs);
  expect(life.isOver(used)).toBe(false);
  clock.advance(1);
  expect(life.isOver(used)).toBe(true);
});
