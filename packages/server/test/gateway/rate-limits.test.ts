import { describe, expect, test } from 'bun:test';
import { MemoryRateLimits } from '../../src/adapters/memory/rate-limits.ts';
import { Admission } from '../../src/gateway/admission.ts';
import { type RateLimitRule, rateLimitRules as rules } from '../../src/gateway/rate-limit-rules.ts';
import { Refusal } from '../../src/platform/failures.ts';
import { password, startApi } from './api-under-test.ts';
import { EndlessWindow } from './endless-window.ts';

const mark = { seq: 1, readSeq: 1, readVersion: 0 };

function allowance({ perWindow, burst }: RateLimitRule): number {
  return perWindow + burst;
}

async function refusalOf(admitted: Promise<void> | undefined): Promise<string | undefined> {
  try {
    await admitted;
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    expect(error.code).toBe('rate_limited');
    expect(error.more.retryAfterMs).toBePositive();
    return error.message;
  }
}

async function times(count: number, admit: (index: number) => Promise<void> | undefined): Promise<void> {
  for (let index = 0; index < count; index++) await admit(index);
}

describe('log-ins', () => {
  test('a user who guesses passwords locks out only their own address', async () => {
    const admission = new Admission(new EndlessWindow());
    await times(rules.loginPair.perWindow, () => admission.login('stranger', 'ana'));
    expect(await refusalOf(admission.login('stranger', 'ana'))).toContain(rules.loginPair.counts);
    expect(await refusalOf(admission.login('home', 'ana'))).toBeUndefined();
  });

  test('guesses that never stop lock out nobody else', async () => {
    const admission = new Admission(new EndlessWindow());
    for (let attempt = 0; attempt < 1_000; attempt++) await refusalOf(admission.login('stranger', 'ana'));
    expect(await refusalOf(admission.login('home', 'ana'))).toBeUndefined();
  });

  test('a user who mistypes behind a shared address locks out nobody else there', async () => {
    const admission = new Admission(new EndlessWindow());
    for (let attempt = 0; attempt < 100; attempt++) await refusalOf(admission.login('office', 'ana'));
    expect(await refusalOf(admission.login('office', 'ben'))).toBeUndefined();
  });

  test('guesses at one account from many addresses are limited, ignoring case', async () => {
    const admission = new Admission(new EndlessWindow());
    const names = ['ana', 'Ana', 'ANA'];
    await times(rules.loginAccount.perWindow, (index) => admission.login(`bot ${index}`, names[index % 3] ?? 'ana'));
    expect(await refusalOf(admission.login('another bot', 'aNa'))).toContain(rules.loginAccount.counts);
    expect(rules.loginAccount.windowMs).toBeLessThanOrEqual(5 * 60_000);
  });

  test('guesses at many accounts from one address are limited', async () => {
    const admission = new Admission(new EndlessWindow());
    await times(rules.loginAddress.perWindow, (index) => admission.login('stranger', `name ${index}`));
    expect(await refusalOf(admission.login('stranger', 'name'))).toContain(rules.loginAddress.counts);
  });

  test('guesses at the current password in one session are limited, right ones included', async () => {
    const api = await startApi({ rateLimits: new EndlessWindow() });
    const { token } = await api.person('ana');
    const guess = { currentPassword: 'not this one', newPassword: 'another password' };
    for (let attempt = 0; attempt < rules.password.perWindow; attempt++) {
      expect((await api.call('changePassword', guess, { token })).problem.code).toBe('wrong_credentials');
    }
    const right = { currentPassword: password, newPassword: 'another password' };
    expect((await api.call('changePassword', right, { token })).problem.code).toBe('rate_limited');
    expect((await api.call('login', { username: 'ana', password })).status).toBe(201);
    await api.close();
  });

  test('from many addresses do not keep a user with a session from changing the password', async () => {
    const api = await startApi({ rateLimits: new EndlessWindow() });
    const { token } = await api.person('ana');
    for (let attempt = 0; attempt < rules.loginAccount.perWindow; attempt++) {
      const guess = { username: 'ana', password: 'not this one' };
      await api.call('login', guess, { address: `198.51.100.${attempt % 20}` });
    }
    const locked = await api.call('login', { username: 'ana', password }, { address: '203.0.113.9' });
    expect(locked.problem.code).toBe('rate_limited');
    const change = { currentPassword: password, newPassword: 'another password' };
    expect((await api.call('changePassword', change, { token })).status).toBe(204);
    await api.close();
  });
});

describe('sign-ups', () => {
  test('are limited for each address and for each name', async () => {
    const admission = new Admission(new EndlessWindow());
    await times(rules.signupName.perWindow, (index) => admission.signup(`address ${index}`, 'ana'));
    expect(await refusalOf(admission.signup('address', 'ANA'))).toContain(rules.signupName.counts);
    await times(rules.signup.perWindow, (index) => admission.signup('school', `pupil ${index}`));
    expect(await refusalOf(admission.signup('school', 'pupil'))).toContain(rules.signup.counts);
    expect(await refusalOf(admission.signup('elsewhere', 'pupil'))).toBeUndefined();
  });
});

describe('amendments', () => {
  test('of one user are limited apart from messages', async () => {
    const admission = new Admission(new EndlessWindow());
    await times(allowance(rules.amend), (index) => admission.amend('ana', `conversation ${index}`));
    expect(await refusalOf(admission.amend('ana', 'conversation'))).toContain(rules.amend.counts);
    expect(await refusalOf(admission.send('ana', 'conversation'))).toBeUndefined();
  });

  test('of many users in one conversation are limited, and keep nobody from writing', async () => {
    const admission = new Admission(new EndlessWindow());
    await times(allowance(rules.amendInConversation) + 1, async (index) => {
      await admission.amend(`person ${index}`, 'busy');
      admission.amended('busy');
      admission.amended('quiet', new Refusal('not_found', 'not a member'));
    });
    expect(await refusalOf(admission.amend('ana', 'busy'))).toContain(rules.amendInConversation.counts);
    expect(await refusalOf(admission.amend('ana', 'quiet'))).toBeUndefined();
    expect(await refusalOf(admission.send('ana', 'busy'))).toBeUndefined();
  });
});

describe('sends', () => {
  test('are allowed sixty at once, over HTTP and the socket together', async () => {
    const admission = new Admission(new EndlessWindow());
    expect(allowance(rules.send)).toBe(60);
    await times(60, (index) => admission.send('ana', `conversation ${index}`));
    expect(await refusalOf(admission.send('ana', 'conversation'))).toContain(rules.send.counts);
    expect(await refusalOf(admission.send('ben', 'conversation'))).toBeUndefined();
  });

  test('of many users to one conversation are limited', async () => {
    const admission = new Admission(new EndlessWindow());
    await times(allowance(rules.sendToConversation) + 1, async (index) => {
      await admission.send(`person ${index}`, 'busy');
      admission.sent('busy');
    });
    expect(await refusalOf(admission.send('ana', 'busy'))).toContain(rules.sendToConversation.counts);
    expect(await refusalOf(admission.send('ana', 'quiet'))).toBeUndefined();
  });

  test.each(['direct', 'group'] as const)('of non-members do not use up the limit of a %s chat', async (kind) => {
    const api = await startApi({ rateLimits: new EndlessWindow() });
    const [ana, ben] = [await api.person('ana'), await api.person('ben')];
    const { id: conversationId } =
      kind === 'direct'
        ? (await api.call('openDirect', { userId: ben.userId }, ana)).response
        : (await api.call('createGroup', { name: 'Private', userIds: [ben.userId] }, ana)).response;
    const send = (token: string, index: number) =>
      api.call('sendMessage', { conversationId, clientMessageId: `m${index}`, text: 'x' }, { token });
    for (let stranger = 0; stranger * allowance(rules.send) <= allowance(rules.sendToConversation); stranger++) {
      const { token } = await api.person(`stranger${stranger}`);
      const sends = Array.from({ length: allowance(rules.send) }, (_, index) => send(token, index));
      for (const { problem } of await Promise.all(sends)) expect(problem.code).toBe('not_found');
    }
    const own = Array.from({ length: allowance(rules.send) }, (_, index) => send(ana.token, index));
    expect((await Promise.all(own)).map(({ status }) => status)).toEqual(own.map(() => 201));
    await api.close();
  });

  test('above the limit are refused with a time to retry', async () => {
    const api = await startApi({ rateLimits: new EndlessWindow() });
    const { token } = await api.person('ana');
    const { id: conversationId } = (await api.call('createGroup', { name: 'Many' }, { token })).response;
    const send = (index: number) =>
      api.call('sendMessage', { conversationId, clientMessageId: `m${index}`, text: 'x' }, { token });
    for (let index = 0; index < 60; index++) expect((await send(index)).status).toBe(201);
    const { status, headers, problem } = await send(60);
    expect([status, problem.code, headers.get('retry-after')]).toEqual([429, 'rate_limited', '1']);
    await api.close();
  });
});

describe('requests', () => {
  test('are limited by address, and with a session by user', async () => {
    const admission = new Admission(new EndlessWindow());
    await times(allowance(rules.address), () => admission.request('office'));
    expect(await refusalOf(admission.request('office'))).toContain(rules.address.counts);
    await times(allowance(rules.signal), () => admission.signal('ana'));
    expect(await refusalOf(admission.signal('ana'))).toContain(rules.signal.counts);
    await times(allowance(rules.request), () => admission.operation('getAccount', 'ana'));
    expect(await refusalOf(admission.operation('getAccount', 'ana'))).toContain(rules.request.counts);
  });

  test('that change conversations have a lower limit', async () => {
    const admission = new Admission(new EndlessWindow());
    await times(allowance(rules.change), () => admission.operation('joinChannel', 'ana'));
    expect(await refusalOf(admission.operation('createGroup', 'ana'))).toContain(rules.change.counts);
    expect(await refusalOf(admission.operation('getHomepage', 'ana'))).toBeUndefined();
  });

  test.each([
    ['getAccount', {}, 'request'],
    ['createChannel', { name: 'News' }, 'change'],
    ['markUnread', { ...mark, conversationId: '0191d2f0-0000-7000-8000-000000000000' }, 'signal'],
    ['signup', { username: 'ben', password }, 'signup_name'],
    ['login', { username: 'ana', password }, 'login_pair'],
    ['login', { username: 'ana', password }, 'login_account'],
  ] as const)('for %s %o are counted by %s', async (id, input, name) => {
    const empty = new Set<string>();
    const api = await startApi({ rateLimits: { consume: async (limit) => (empty.has(limit.name) ? 500 : 0) } });
    const { token } = await api.person('ana');
    empty.add(name);
    const elsewhere = { token, address: '203.0.113.9' };
    expect((await api.call(id, input as never, elsewhere)).problem.code).toBe('rate_limited');
    await api.close();
  });

  test('are counted before they are authenticated', async () => {
    const api = await startApi({ rateLimits: { consume: async (limit) => (limit.name === 'address' ? 500 : 0) } });
    const { problem, headers } = await api.call('getAccount', {}, { token: 'nonsense' });
    expect([problem.code, problem.retryAfterMs, headers.get('retry-after')]).toEqual(['rate_limited', 500, '1']);
    await api.close();
  });
});

test('the limiter in memory accepts every rule', async () => {
  const limits = new MemoryRateLimits();
  for (const rule of Object.values(rules)) expect(await limits.consume(rule, 'somebody')).toBe(0);
});
