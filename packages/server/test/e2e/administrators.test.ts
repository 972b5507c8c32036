import { afterAll, beforeAll, expect, test } from 'bun:test';
import { HttpApi, type ParleyError } from '@parley/sdk';
import { RunningServer } from '../support/running-server.ts';

const password = 'correct horse battery';

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start();
});
afterAll(() => server.stop());

async function loggedIn(username: string, isNew: boolean) {
  const api = new HttpApi(server.nextUrl(), { fetch });
  const { token, account } = await api.call(isNew ? 'signup' : 'login', { username, password });
  api.token = token;
  return { api, userId: account.id };
}

const outcomeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: ParleyError) => error.code,
  );

test('administrators who concurrently disable each other and themselves leave one enabled administrator', async () => {
  const first = await loggedIn('first', true);
  const admins = [first];
  for (const username of ['second', 'third', 'fourth']) {
    await first.api.call('createAccount', { username, password, administrator: true });
    admins.push(await loggedIn(username, false));
  }
  await Promise.all(
    admins.flatMap(({ api }) =>
      admins.map(({ userId }) => outcomeOf(api.call('setAccountDisabled', { userId, disabled: true }))),
    ),
  );
  const left = await Promise.all(admins.map(({ api }) => outcomeOf(api.call('listAccounts', {}))));
  expect(left.sort()).toEqual(['done', ...Array<string>(admins.length - 1).fill('unauthenticated')]);
});
