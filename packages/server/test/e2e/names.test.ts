import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { HttpApi } from '@parley/sdk';
import { type Person, RunningServer } from '../support/running-server.ts';

let server: RunningServer;
let ana: Person;
let groupId: string;

const password = 'a good password';
const showNothing = [
  '\u200b',
  '\u200d',
  '\u2060',
  ' \u00a0 ',
  '\u3164\uffa0',
  '\u2800',
  '\u{e0041}',
  '\u200e\u061c',
  '\u0301',
];
const refused = [...showNothing, '\u202eAna', 'Ana\u2069', 'Ana\u2028Ben', '\u202e'];
const taken = ['می‌خواهم', '👩‍👩‍👧', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'क्‍ष', '李', 'Ma\u200bria'];

/** Every way to set a name. */
const ways: Record<string, (name: string, index: number) => Promise<unknown>> = {
  'sign-up': (displayName, index) => guest().call('signup', { username: `sss${index}`, password, displayName }),
  'device of a sign-up': (device, index) => guest().call('signup', { username: `ddd${index}`, password, device }),
  'device of a log-in': (device) => guest().call('login', { username: 'lena', password, device }),
  'display name': (displayName) => server.call(ana, 'updateAccount', { displayName }),
  'account created by an administrator': (displayName, index) =>
    server.call(ana, 'createAccount', { username: `ccc${index}`, password, displayName }),
  'new group': (name) => server.call(ana, 'createGroup', { name }),
  'new channel': (name) => server.call(ana, 'createChannel', { name }),
  'another name': (name) => server.call(ana, 'updateConversation', { conversationId: groupId, name }),
};

function guest(): HttpApi {
  return new HttpApi(server.url, { fetch });
}

describe('a name', () => {
  beforeAll(async () => {
    server = await RunningServer.start();
    const { token, account } = await guest().call('signup', { username: 'ana', password });
    ana = { token, account };
    await guest().call('signup', { username: 'lena', password });
    groupId = (await server.call(ana, 'createGroup', { name: 'Harbour' })).id;
  });
  afterAll(() => server.stop());

  test.each(Object.keys(ways))('is visible and changes no text direction: %s', async (way) => {
    for (const [index, name] of refused.entries()) {
      const failure = await ways[way]?.(name, index).then(
        () => null,
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ code: 'invalid_request' });
      const rule = String((failure as { errors: { rule: string }[] }).errors[0]?.rule);
      expect(rule).toMatch(/^must (have a visible character|not contain).*U\+[0-9A-F]{4}/);
    }
    for (const [index, name] of taken.entries()) await ways[way]?.(name, 100 + index);
  });

  test('a name from before this rule is returned unchanged', async () => {
    const [ben] = await server.people('ben', 1);
    if (!ben) throw new Error('Ben exists');
    await server.adapters.users.update(ben.account.id, { displayName: '\u200b\u202e' });
    expect((await server.call(ana, 'getUser', { userId: ben.account.id })).displayName).toBe('\u200b\u202e');
    const client = await server.client(ana);
    client.connect();
    await client.live();
    const direct = await client.conversations.openDirect(ben.account.id);
    expect(direct.title).toBe('ben0');
    client.close();
  });
});
