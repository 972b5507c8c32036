import { afterAll, beforeAll, expect, test } from 'bun:test';
import { closeCodes, limits } from '@parley/protocol';
import { HttpApi, ParleyClient } from '@parley/sdk';
import { tokenHash } from '../../src/platform/ids.ts';
import { clientOf, type Person, RunningServer } from '../support/running-server.ts';
import { until } from '../support/until.ts';
import { WireClient } from '../support/wire-client.ts';

const dayMs = 86_400_000;

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start({ 'session-days': '90' });
});
afterAll(() => server.stop());

async function lastUsedDaysAgo({ token, account }: Person, days: number): Promise<void> {
  const found = await server.adapters.users.sessionByToken(tokenHash(token));
  await server.adapters.users.touchSession(account.id, found?.session.id ?? '', Date.now() - days * dayMs);
}

test('a session unused for ninety days is refused for requests and sockets', async () => {
  const person = await server.person('away');
  await lastUsedDaysAgo(person, 91);
  await expect(server.call(person, 'getAccount', {})).rejects.toMatchObject({ code: 'unauthenticated' });
  const client = await clientOf(server.nextUrl(), person);
  const stopped = Promise.withResolvers<unknown>();
  client.on('state', (state) => state.name === 'stopped' && stopped.resolve(state));
  client.connect();
  await stopped.promise;
  client.close();
});

test('a session used within ninety days is valid, and each use extends it', async () => {
  const person = await server.person('back');
  await lastUsedDaysAgo(person, 89);
  const socket = await server.wire(person);
  // No response waits for the write of this time.
  await until('the session was used less than a day ago', async () => {
    const { sessions } = await server.call(person, 'listSessions', {});
    return Date.now() - (sessions[0]?.lastUsedAtMs ?? 0) < dayMs;
  });
  await socket.close();
});

test('logging in above the limit of sessions ends the least recently used session and closes its socket', async () => {
  const password = 'correct horse battery';
  const api = new HttpApi(server.url, { fetch });
  const { account, token } = await api.call('signup', { username: 'many', password });
  const first = await WireClient.hello(server.nextUrl(), token);
  await lastUsedDaysAgo({ account, token }, 2);
  const { users } = server.adapters;
  for (let made = 1; made < limits.sessionsPerUser; made++) {
    const atMs = Date.now() - dayMs;
    const session = { id: Bun.randomUUIDv7(), userId: account.id, device: null, createdAtMs: atMs, lastUsedAtMs: atMs };
    await users.createSession(session, `token ${made}`);
  }
  const client = new ParleyClient({ url: server.nextUrl() });
  await client.login({ username: 'many', password });
  expect((await first.closed).code).toBe(closeCodes.revoked.code);
  const { sessions } = await client.call('listSessions', {});
  expect(sessions).toHaveLength(limits.sessionsPerUser);
  expect(sessions.filter(({ current }) => current)).toHaveLength(1);
});
