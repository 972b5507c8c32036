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

  test('is stored only as a hash', async () => {
    expect(api.dump()).toContain('device_secrets');
    expect(api.dump()).not.toContain(ana.device);
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

  test.each(['a change that names no device', 'a reset', 'disabling'])('by %s', async (what) => {
    const { userId } = ana;
    if (what === 'a reset') await api.call('resetPassword', { userId, newPassword }, admin);
    else if (what === 'disabling') {
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
