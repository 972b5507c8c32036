import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { SignupMode } from '@parley/protocol';
import type { Adapters } from '../../src/compose/adapters.ts';
import { composeAdapters } from '../../src/compose/compose.ts';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import { Refusal, Unavailable } from '../../src/platform/failures.ts';
import { composeProcess } from '../../src/process/compose-process.ts';
import type { Accounts, Caller } from '../../src/users/accounts.ts';
import type { Administration } from '../../src/users/administration.ts';
import { configInMemory } from '../support/config-in-memory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { openServer } from '../support/registry-leases.ts';
import { CountingArgon2 } from './counting-argon2.ts';

const password = 'correct horse battery';

let clock: FakeClock;
let adapters: Adapters;
let argon2: CountingArgon2;

beforeEach(async () => {
  clock = new FakeClock();
  adapters = await composeAdapters(configInMemory(), clock);
  argon2 = new CountingArgon2();
});
afterEach(() => adapters.close());

function open(signup: SignupMode = 'open'): { accounts: Accounts; administration: Administration } {
  const { edge } = composeProcess(configInMemory({ signup }), adapters, { clock, argon2 });
  if (!edge) throw new Error('an embedded server has accounts');
  return edge.services;
}

async function codeOf(refused: Promise<unknown>): Promise<string> {
  try {
    await refused;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'none';
}

async function callerOf(accounts: Accounts, token: string): Promise<Caller> {
  const caller = await accounts.authenticate(token);
  if (!caller) throw new Error('the token is not valid');
  return caller;
}

describe('signing up', () => {
  test('is open to the first user of an empty server in every mode, who becomes the administrator', async () => {
    for (const mode of ['open', 'invitation', 'closed'] as const) {
      const { accounts } = open(mode);
      expect((await accounts.signup({ username: 'ana', password }, true)).account.administrator).toBe(true);
      await adapters.close();
      adapters = await composeAdapters(configInMemory(), clock);
    }
  });

  test('assigns a username once regardless of case, also to concurrent calls', async () => {
    const { accounts } = open();
    const names = ['ana', 'Ana', 'ANA', 'aNa', 'anA'];
    const outcomes = await Promise.all(names.map((username) => codeOf(accounts.signup({ username, password }, true))));
    expect(outcomes.sort()).toEqual(['none', ...Array<string>(4).fill('username_taken')]);
    const refused = await accounts.signup({ username: 'aNA', password }, true).catch((error: Refusal) => error.more);
    expect(refused).toMatchObject({ errors: [{ field: '/username' }] });
  });

  test('makes one administrator of two concurrent first users', async () => {
    const { accounts } = open();
    const both = await Promise.all(['ana', 'ben'].map((username) => accounts.signup({ username, password }, true)));
    expect(both.filter(({ account }) => account.administrator)).toHaveLength(1);
  });

  test('accepts one of two concurrent first users on a closed server', async () => {
    const { accounts } = open('closed');
    const outcomes = await Promise.all(
      ['ana', 'ben'].map((username) => codeOf(accounts.signup({ username, password }, true))),
    );
    expect(outcomes.sort()).toEqual(['none', 'signup_closed']);
    const logins = await Promise.all(['ana', 'ben'].map((username) => codeOf(accounts.login({ username, password }))));
    expect(logins.sort()).toEqual(['none', 'wrong_credentials']);
  });

  test('is refused before any hashing when it is closed', async () => {
    const { accounts } = open('closed');
    await accounts.signup({ username: 'ana', password }, true);
    const { hashes } = argon2;
    expect(await codeOf(accounts.signup({ username: 'ben', password }, true))).toBe('signup_closed');
    expect(await codeOf(accounts.signup({ username: 'ben', password, invitation: 'any' }, true))).toBe('signup_closed');
    expect(argon2.hashes).toBe(hashes);
  });

  test('accepts each use of an invitation once, also with concurrent sign-ups', async () => {
    const { accounts, administration } = open('invitation');
    await accounts.signup({ username: 'ana', password }, true);
    const { token } = await administration.createInvitation(null, { uses: 2, validForHours: 1 });
    const names = ['ben', 'cleo', 'dan', 'eve'];
    const invited = (username: string) => codeOf(accounts.signup({ username, password, invitation: token }, true));
    expect((await Promise.all(names.map(invited))).sort()).toEqual([
      'invalid_invitation',
      'invalid_invitation',
      'none',
      'none',
    ]);
  });

  test('does not use up an invitation for a name that is taken', async () => {
    const { accounts, administration } = open('invitation');
    await accounts.signup({ username: 'ana', password }, true);
    const { token: invitation } = await administration.createInvitation(null, { uses: 1, validForHours: 1 });
    expect(await codeOf(accounts.signup({ username: 'ana', password, invitation }, true))).toBe('username_taken');
    expect(await codeOf(accounts.signup({ username: 'ben', password, invitation }, true))).toBe('none');
  });

  test('refuses an expired, an unknown and a missing invitation', async () => {
    const { accounts, administration } = open('invitation');
    await accounts.signup({ username: 'ana', password }, true);
    const { token: invitation, expiresAtMs } = await administration.createInvitation(null, {
      uses: 1,
      validForHours: 1,
    });
    expect(expiresAtMs).toBe(clock.nowMs() + 3_600_000);
    clock.advance(3_600_001);
    const attempt = (given: object) => codeOf(accounts.signup({ username: 'ben', password, ...given }, true));
    expect(await attempt({ invitation })).toBe('invalid_invitation');
    expect(await attempt({ invitation: 'unknown' })).toBe('invalid_invitation');
    expect(await attempt({})).toBe('signup_closed');
  });
});

describe('logging in', () => {
  test('does the same hash work for an unknown name, a wrong password, and a disabled account', async () => {
    const { accounts } = open();
    await accounts.signup({ username: 'admin', password }, true);
    const { account } = await accounts.signup({ username: 'ana', password }, true);
    const workOf = async (username: string, attempt: string) => {
      const { verifications, hashes } = argon2;
      const code = await codeOf(accounts.login({ username, password: attempt }));
      return [code, argon2.verifications - verifications, argon2.hashes - hashes];
    };
    expect(await workOf('nobody', password)).toEqual(['wrong_credentials', 1, 0]);
    expect(await workOf('ana', 'wrong')).toEqual(['wrong_credentials', 1, 0]);
    expect(await workOf('ana', password)).toEqual(['none', 1, 0]);
    await accounts.setDisabled(account.id, true);
    expect(await workOf('ana', password)).toEqual(['wrong_credentials', 1, 0]);
  });

  test('answers the same in each of these cases', async () => {
    const { accounts } = open();
    await accounts.signup({ username: 'admin', password }, true);
    const { account } = await accounts.signup({ username: 'ana', password }, true);
    const wordsOf = (username: string, attempt: string) =>
      accounts
        .login({ username, password: attempt })
        .catch((error: Refusal) => [error.code, error.message, error.more]);
    const wrong = await wordsOf('ana', 'wrong');
    expect(await wordsOf('nobody', 'wrong')).toEqual(wrong);
    await accounts.setDisabled(account.id, true);
    expect(await wordsOf('ana', password)).toEqual(wrong);
  });

  test('with the old password does not survive a concurrent reset', async () => {
    const { accounts, administration } = open();
    const { account } = await accounts.signup({ username: 'ana', password }, true);
    const { users } = adapters;
    // The reset happens between the check of the password and the new session.
    const createSession = users.createSession.bind(users);
    users.createSession = async (session, hash) => {
      users.createSession = createSession;
      await administration.resetPassword(account.id, 'seven grey herons');
      await createSession(session, hash);
    };
    expect(await codeOf(accounts.login({ username: 'ana', password }, null, '::1'))).toBe('wrong_credentials');
    expect([await users.sessions(account.id), await accounts.devices.known('ana', [], '::1')]).toEqual([[], null]);
  });

  test('is possible with the right password in any case of the name', async () => {
    const { accounts } = open();
    await accounts.signup({ username: 'Ana.M', password }, true);
    expect((await accounts.login({ username: 'aNA.m', password, device: 'Phone' })).session.device).toBe('Phone');
  });
});

describe('sessions', () => {
  test('are listed newest first, with the current one marked', async () => {
    const { accounts } = open();
    const first = await accounts.signup({ username: 'ana', password }, true);
    clock.advance(1);
    const second = await accounts.login({ username: 'ana', password });
    const listed = await accounts.sessions(await callerOf(accounts, first.token));
    expect(listed.map(({ id, current }) => [id, current])).toEqual([
      [second.session.id, false],
      [first.session.id, true],
    ]);
  });

  test('no token is stored in plain text', async () => {
    const { accounts } = open();
    const { token } = await accounts.signup({ username: 'ana', password }, true);
    expect(await adapters.users.sessionByToken(token)).toBeUndefined();
  });
});

describe('ending sessions closes their sockets', () => {
  const servers = ['server one', 'server two'];
  let received: Map<string, Delivery[]>;

  async function connect(userId: string): Promise<void> {
    received = new Map();
    for (const serverId of servers) {
      received.set(serverId, []);
      await adapters.mailboxes.open(serverId, (deliveries) => void received.get(serverId)?.push(...deliveries));
      await openServer(adapters.registry, serverId, 60_000);
      await adapters.registry.connect(serverId, userId);
    }
  }

  /** The deliveries to every server that the user is connected to. */
  function told(): Delivery[] {
    const [one, two] = servers.map((serverId) => received.get(serverId));
    expect(one).toEqual(two ?? []);
    return one ?? [];
  }

  async function twoSessions() {
    const { accounts, administration } = open();
    await accounts.signup({ username: 'admin', password }, true);
    const here = await accounts.signup({ username: 'ana', password }, true);
    const there = await accounts.login({ username: 'ana', password });
    const userId = here.account.id;
    await connect(userId);
    return { accounts, administration, userId, here, there, caller: await callerOf(accounts, here.token) };
  }

  test('of the one that logs out', async () => {
    const { accounts, userId, here, there } = await twoSessions();
    await accounts.revoke(userId, here.session.id);
    expect(told()).toEqual([{ kind: 'revoked', userId, sessionIds: [here.session.id] }]);
    expect(await accounts.authenticate(here.token)).toBeUndefined();
    expect(await accounts.authenticate(there.token)).toBeDefined();
  });

  test('of the others when the password changes', async () => {
    const { accounts, userId, here, there, caller } = await twoSessions();
    await accounts.changePassword(caller, { currentPassword: password, newPassword: 'seven grey herons' });
    expect(told()).toEqual([{ kind: 'revoked', userId, sessionIds: [there.session.id] }]);
    expect(await accounts.authenticate(here.token)).toBeDefined();
    expect(await accounts.authenticate(there.token)).toBeUndefined();
    expect(await codeOf(accounts.login({ username: 'ana', password }))).toBe('wrong_credentials');
  });

  test('of none when the current password is wrong', async () => {
    const { accounts, there, caller } = await twoSessions();
    const change = accounts.changePassword(caller, { currentPassword: 'wrong', newPassword: 'seven grey herons' });
    expect(await codeOf(change)).toBe('wrong_credentials');
    expect(told()).toEqual([]);
    expect(await accounts.authenticate(there.token)).toBeDefined();
  });

  test.each(['disabled', 'reset'] as const)('of all when the account is %s by an administrator', async (what) => {
    const { accounts, administration, userId, here, there } = await twoSessions();
    if (what === 'disabled') await administration.setDisabled(userId, true);
    else await administration.resetPassword(userId, 'seven grey herons');
    const [delivery, ...others] = told();
    expect(others).toEqual([]);
    const sessionIds = [here.session.id, there.session.id];
    expect(delivery).toEqual({ kind: 'revoked', userId, sessionIds: expect.arrayContaining(sessionIds) });
    for (const { token } of [here, there]) expect(await accounts.authenticate(token)).toBeUndefined();
  });

  test.each(['logs out', 'disabled', 'reset', 'renamed'] as const)(
    'and is done although the signal to the servers fails: %s',
    async (what) => {
      const { accounts, administration, userId, here } = await twoSessions();
      const { registry } = adapters;
      registry.serversOf = async () => {
        throw new Unavailable('the registry is unavailable');
      };
      if (what === 'logs out') await accounts.revoke(userId, here.session.id);
      else if (what === 'disabled') await administration.setDisabled(userId, true);
      else if (what === 'reset') await administration.resetPassword(userId, 'seven grey herons');
      else expect(await accounts.updateDisplayName(userId, 'Ana')).toMatchObject({ displayName: 'Ana' });
      if (what !== 'renamed') expect(await accounts.authenticate(here.token)).toBeUndefined();
    },
  );

  test('only after the store has ended them', async () => {
    const { accounts, userId, here } = await twoSessions();
    const { mailboxes } = adapters;
    const deliver = mailboxes.deliver.bind(mailboxes);
    const valid: unknown[] = [];
    mailboxes.deliver = async (...told) => {
      valid.push(await accounts.authenticate(here.token));
      await deliver(...told);
    };
    await accounts.revoke(userId, here.session.id);
    expect(valid).toEqual([undefined, undefined]);
  });
});
