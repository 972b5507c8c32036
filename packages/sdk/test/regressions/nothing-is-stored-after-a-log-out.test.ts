import { expect, test } from 'bun:test';
import { Disconnected, MemoryStore } from '../../src/index.ts';
import { FakeApi } from '../support/fake-api.ts';
import { idle } from '../support/idle.ts';

const kitchen = '01900000-0000-7000-8000-000000000001';

test('a response that arrives after logging out is not stored', async () => {
  const api = new FakeApi();
  api.write(kitchen, 3);
  const store = new MemoryStore();
  const client = await api.client(store);
  client.connect();
  await api.accept();
  const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
  api.intervene = ({ pathname }) => (pathname.endsWith('/history') ? held : undefined);
  const history = client.conversations.get(kitchen)?.history({ limit: 3 });
  await idle();
  await client.logout();
  release(undefined);
  await expect(history).rejects.toBeInstanceOf(Disconnected);
  expect(await store.entries(kitchen, { limit: 3 })).toEqual([]);
});

test('a conversation whose request is pending during a log-out is not stored', async () => {
  const api = new FakeApi();
  api.write(kitchen, 1);
  const store = new MemoryStore();
  const client = await api.client(store);
  client.connect();
  await api.accept();
  const answer = Response.json(api.conversation(kitchen));
  const { promise: held, resolve: release } = Promise.withResolvers<Response>();
  api.intervene = ({ pathname }) => (pathname.endsWith(kitchen) ? held : undefined);
  const renamed = client.conversations.get(kitchen)?.update({ name: 'Pantry' });
  await idle();
  await client.logout();
  release(answer);
  await expect(renamed).rejects.toBeInstanceOf(Disconnected);
  expect(await store.conversations()).toEqual([]);
  expect(client.conversations.list()).toEqual([]);
});
