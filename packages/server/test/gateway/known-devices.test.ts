import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { rateLimitRules as rules } from '../../src/gateway/rate-limit-rules.ts';
import { type ApiUnderTest, password, startApi } from './api-under-test.ts';
import { EndlessWindow } from './endless-window.ts';

const unknownSecret = 'A'.repeat(43);

let api: ApiUnderTest;
let admin: { token: string };
let ana: { token: string; userId: string; device: string };

beforeEach(async () => {
  api = await startApi({ rateLimits: new EndlessWindow() });
  admin = await api.person('admin');
  const { token, account, deviceSecret } = (await api.call('signup', { username: 'ana', password })).response;
  ana = { token, userId: account.id, device: deviceSecret ?? '' };
});
afterEach(() => api.close());

/** Guesses from twenty addresses until log-ins from elsewhere are refused. */
async function lockOut(username = 'ana'): Promise<void> {
  for (let attempt = 0; attempt < rules.loginAccount.perWindow; attempt++) {
    await api.call('login', { username, password: 'not this one' }, { address: `198.51.100.${attempt % 20}` });
  }
}

async function logIn(device?: string, more: { username?: string; password?: string; address?: string } = {}) {
  const { username = 'ana', address = '203.0.113.9' } = more;
  const given = device === undefined ? {} : { device };
  return api.call('login', { username, password: more.password ?? password }, { address, ...given });
}

async function outcomeOf(...attempt: Parameters<typeof logIn>): Promise<string> {
  const answer = await logIn(...attempt);
  return answer.status === 201 ? 'in' : answer.problem.code;
}

describe('an account under password guessing', () => {
  test('is open to its known device, and to no other', async () => {
    await lockOut();
    expect(await outcomeOf()).toBe('rate_limited');
    expect(await outcomeOf(unknownSecret)).toBe('rate_limited');
    expect(await outcomeOf(ana.device)).toBe('in');
    expect(await outcomeOf(`${unknownSecret}, ${ana.device}`)).toBe('in');
    expect(await outcomeOf(ana.device, { username: 'ANA' })).toBe('in');
  });

  test('is open to its known device also from an address that reached its limit', async () => {
    for (let attempt = 0; attempt < rules.loginAddress.perWindow; attempt++) {
      await api.call('login', { username: `name${attempt}`, password: 'not this one' }, { address: '203.0.113.9' });
    }
    expect(await outcomeOf(undefined)).toBe('rate_limited');
    expect(await outcomeOf(ana.device)).toBe('in');
  });

  test('is open from an address where its owner logged in before, and guesses from elsewhere do not use that up', async () => {
    expect(await outcomeOf(undefined, { address: '203.0.113.50' })).toBe('in');
    await lockOut();
    expect(await outcomeOf(undefined, { address: '203.0.113.51' })).toBe('rate_limited');
    expect(await outcomeOf(undefined, { address: '203.0.113.50' })).toBe('in');
    expect(await outcomeOf(unknownSecret, { address: '203.0.113.50' })).toBe('in');
  });

  test('allows few guesses from a known address, and none of them counts for another account there', async () => {
    await api.person('ben');
    const address = '192.0.2.1';
    for (let attempt = 0; attempt < rules.loginDevice.perWindow; attempt++) {
      expect(await outcomeOf(undefined, { address, password: 'not this one' })).toBe('wrong_credentials');
    }
    expect(await outcomeOf(undefined, { address })).toBe('rate_limited');
    expect(await outcomeOf(undefined, { address, username: 'ben' })).toBe('in');
  });

  test('is refused at a known address in the same words as an unknown name', async () => {
    const address = '192.0.2.1';
    const refusals = [];
    for (const username of ['ana', 'nobody']) {
      for (let attempt = 0; attempt < rules.loginPair.perWindow; attempt++) {
        await logIn(undefined, { address, username, password: 'not this one' });
      }
      const { status, headers, problem } = await logIn(undefined, { address, username, password: 'not this one' });
      refusals.push({ status, headers: [...headers], problem });
    }
    expect(refusals[0]?.problem.code).toBe('rate_limited');
    expect(refusals[0]).toEqual(refusals[1] as never);
  });

  test('stays open to its known devices and addresses after an administrator resets the password', async () => {
    const newPassword = 'seven grey herons';
    await lockOut();
    expect((await api.call('resetPassword', { userId: ana.userId, newPassword }, admin)).status).toBe(204);
    expect(await outcomeOf(undefined, { password: newPassword })).toBe('rate_limited');
    expect(await outcomeOf(undefined, { password: newPassword, address: '192.0.2.1' })).toBe('in');
    expect(await outcomeOf(ana.device, { password: newPassword })).toBe('in');
  });

  test('keeps logged-in devices working, whatever strangers guess', async () => {
    await lockOut();
    expect((await api.call('getAccount', {}, { token: ana.token })).status).toBe(200);
    const change = { currentPassword: password, newPassword: 'seven grey herons' };
    expect((await api.call('changePassword', change, { token: ana.token })).status).toBe(204);
  });

  test('is closed to devices of other accounts', async () => {
    const { deviceSecret } = (await api.call('signup', { username: 'mallory', password })).response;
    await lockOut();
    expect(await outcomeOf(deviceSecret)).toBe('rate_limited');
  });
});

describe('a device', () => {
  test('keeps its identity when it logs in again', async () => {
    const again = (await logIn(ana.device)).response;
    expect(again.deviceSecret).toBe(ana.device);
    const elsewhere = (await logIn()).response;
    expect(elsewhere.deviceSecret).toMatch(/^[\w-]{43}$/);
    expect(elsewhere.deviceSecret).not.toBe(ana.device);
  });

  test('has a limit of guesses of its own, which leaves those of other devices', async () => {
    const other = (await logIn()).response.deviceSecret ?? '';
    for (let attempt = 0; attempt < rules.loginDevice.perWindow; attempt++) {
      expect(await outcomeOf(ana.device, { password: 'not this one' })).toBe('wrong_credentials');
    }
    expect(await outcomeOf(ana.device)).toBe('rate_limited');
    expect(await outcomeOf(other)).toBe('in');
    expect(await outcomeOf(undefined, { address: '203.0.113.77' })).toBe('in');
  });

  test('is stored only as a hash, and so is its address', async () => {
    expect((await logIn(undefined, { address: '203.0.113.50' })).status).toBe(201);
    expect(api.dump()).toContain('device_secrets');
    expect(api.dump()).not.toContain(ana.device);
    expect(api.dump()).not.toContain('203.0.113.50');
  });

  test.each(['', 'short', `${unknownSecret} ${unknownSecret}`, Array(6).fill(unknownSecret).join(', ')])(
    'invalid secret, %j, is refused with the field’s name',
    async (device) => {
      const { problem } = await logIn(device);
      expect([problem.code, problem.errors?.[0]?.field]).toEqual(['invalid_request', '/parley-device']);
    },
  );
});

describe('devices are deleted', () => {
  const newPassword = 'seven grey herons';

  test('except the one that changes the password', async () => {
    const other = (await logIn()).response.deviceSecret ?? '';
    const change = { currentPassword: password, newPassword };
    expect((await api.call('changePassword', change, { token: ana.token, device: ana.device })).status).toBe(204);
    await lockOut();
    expect(await outcomeOf(other, { password: newPassword })).toBe('rate_limited');
    expect(await outcomeOf(ana.device, { password: newPassword })).toBe('in');
  });

  test.each(['a change that names no device', 'disabling'])('by %s', async (what) => {
    const { userId } = ana;
    if (what === 'disabling') {
      await api.call('setAccountDisabled', { userId, disabled: true }, admin);
      await api.call('setAccountDisabled', { userId, disabled: false }, admin);
    } else await api.call('changePassword', { currentPassword: password, newPassword }, { token: ana.token });
    await lockOut();
    expect(await outcomeOf(ana.device, { password: what === 'disabling' ? password : newPassword })).toBe(
      'rate_limited',
    );
  });
});

test('an answer does not reveal whether a name exists or a secret is known', async () => {
  const answers = await Promise.all(
    [
      logIn(unknownSecret, { username: 'nobody' }),
      logIn(unknownSecret, { password: 'not this one' }),
      logIn(ana.device, { password: 'not this one' }),
    ].map(async (answer) => {
      const { status, headers, problem } = await answer;
      return { status, headers: [...headers], problem };
    }),
  );
  expect(answers[1]).toEqual(answers[0] as never);
  expect(answers[2]).toEqual(answers[0] as never);
});
