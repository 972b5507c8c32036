import { expect, test } from 'bun:test';
import { MemoryStore } from '../../src/index.ts';
import { ana, benId, roomId } from '../support/entries.ts';
import { FakeApi, problem } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

const session = { id: benId, device: null, createdAtMs: 1, lastUsedAtMs: 1, current: true };
const ben = { ...ana, id: benId, username: 'ben' };

test('unsent messages and read positions of one account are not sent after another account logs in', async () => {
  const api = new FakeApi();
  api.write(roomId);
  const store = new MemoryStore();
  const client = await api.client(store);
  client.connect();
  await api.accept();
  api.runtime.socket.end(1006);
  client.conversations.get(roomId)?.markRead();
  const message = client.conversations.get(roomId)?.send('by ana');
  const outcome = message?.sent().catch((error: unknown) => error);
  await idle();
  expect(await store.outbox()).toHaveLength(1);
  api.intervene = (url) =>
    url.pathname === '/v1/login' ? Response.json({ token: 'bens', session, account: ben }) : undefined;
  await client.login({ username: 'ben', password: 'a password' });
  expect(await outcome).toBeInstanceOf(Error);
  expect(await store.session()).toMatchObject({ token: 'bens', account: ben });
  expect([await store.outbox(), await store.conversations()]).toEqual([[], []]);
  client.connect();
  await api.accept();
  expect(api.runtime.socket.of('hello')).toMatchObject([{ token: 'bens', resume: false }]);
  expect([api.runtime.socket.of('send'), api.runtime.socket.of('read')]).toEqual([[], []]);
});

test('logging out deletes everything even if the session has already ended on the server', async () => {
  const api = new FakeApi();
  const store = new MemoryStore();
  const client = await api.client(store);
  api.intervene = () => problem('unauthenticated', 401);
  await client.logout();
  expect(client.account).toBeNull();
  expect(await store.session()).toBeNull();
});

test('a client that logs out leaves the store to another client that has logged in since', async () => {
  const api = new FakeApi();
  const store = new MemoryStore();
  const frozen = await api.client(store);
  const other = await api.client(store);
  await other.logout();
  api.intervene = (url) =>
    url.pathname === '/v1/login' ? Response.json({ token: 'bens', session, account: ben }) : undefined;
  await other.login({ username: 'ben', password: 'a password' });
  api.intervene = () => problem('unauthenticated', 401);
  await frozen.logout();
  expect(frozen.account).toBeNull();
  expect(await store.session()).toMatchObject({ token: 'bens', account: ben });
});
