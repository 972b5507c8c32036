import { afterAll, beforeAll, expect, test } from 'bun:test';
import { rateLimitRules as rules } from '../../../server/src/gateway/rate-limit-rules.ts';
import { RunningServer } from '../../../server/test/support/running-server.ts';
import { MemoryStore, ParleyClient, type Store } from '../../src/index.ts';

const password = 'correct horse battery';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start({ 'rate-limits': 'on' });
});
afterAll(() => server.stop());

const deviceWith = (store: Store = new MemoryStore()) => new ParleyClient({ url: server.nextUrl(), store });

async function guessUntilRefused(username: string): Promise<void> {
  for (let attempt = 0; attempt < rules.loginPair.perWindow; attempt++) {
    const guess = deviceWith().login({ username, password: 'not this one' });
    await guess.catch((error: unknown) => error);
  }
  await expect(deviceWith().login({ username, password })).rejects.toMatchObject({ code: 'rate_limited' });
}

test('guesses that lock an account do not lock out a known device', async () => {
  const store = new MemoryStore();
  const home = deviceWith(store);
  await home.signup({ username: 'ana', password });
  await home.logout();
  expect(await store.session()).toBeNull();
  await guessUntilRefused('ana');
  const back = deviceWith(store);
  expect(await back.login({ username: 'ana', password })).toMatchObject({ username: 'ana' });
  // A logged-in device changes the password meanwhile and stays known.
  const newPassword = 'seven grey herons';
  await back.call('changePassword', { currentPassword: password, newPassword });
  await back.logout();
  expect(await deviceWith(store).login({ username: 'ana', password: newPassword })).toMatchObject({ username: 'ana' });
});

test('a device is known to several accounts', async () => {
  const store = new MemoryStore();
  const names = ['ben', 'cleo'];
  for (const username of names) {
    const client = deviceWith(store);
    await client.signup({ username, password });
    await client.logout();
  }
  for (const username of names) {
    await guessUntilRefused(username);
    expect(await deviceWith(store).login({ username, password })).toMatchObject({ username });
  }
  expect(await store.deviceSecrets()).toHaveLength(names.length);
});
