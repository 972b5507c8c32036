import { expect, test } from 'bun:test';
import { MemoryStore } from '../../src/index.ts';
import { FakeApi, problem } from '../support/fake-api.ts';

const ids = Array.from({ length: 7 }, (_, index) => `01900000-0000-7000-8000-0000000001${index}0`);
const unavailable = (url: URL) => (url.pathname === '/v1/homepage' ? problem('unavailable', 503) : undefined);

test('changes on later pages are fetched after the connection was lost after the first page', async () => {
  const api = new FakeApi(2);
  for (const id of ids) api.write(id);
  const client = await api.client();
  client.connect();
  await api.accept();
  api.runtime.socket.end(1006);
  const shown = new Set<string>();
  client.on('entry', ({ conversationId }) => shown.add(conversationId));
  for (const id of ids) api.write(id);
  api.intervene = unavailable;
  await api.runtime.pass(60_000);
  await api.accept();
  expect(shown.size).toBe(2);
  expect(client.state.name).toBe('waiting');
  api.intervene = () => undefined;
  await api.runtime.pass(60_000);
  await api.accept();
  expect(client.state.name).toBe('live');
  expect(shown).toEqual(new Set(ids));
  client.close();
});

test('conversations on later pages are loaded by the next run if the first run ended before that', async () => {
  const api = new FakeApi(2);
  for (const id of ids) api.write(id);
  const store = new MemoryStore();
  const first = await api.client(store);
  api.intervene = unavailable;
  first.connect();
  await api.accept();
  first.close();
  expect(await store.conversations()).toHaveLength(2);
  api.intervene = () => undefined;
  const client = await api.client(store);
  const shown: string[] = [];
  client.on('entry', ({ conversationId }) => shown.push(conversationId));
  client.connect();
  await api.accept();
  expect(client.state.name).toBe('live');
  expect(client.conversations.list()).toHaveLength(ids.length);
  expect(shown).toEqual([]);
  client.close();
});

test('a run continues with what an incomplete earlier run fetched, and removes the conversations left meanwhile', async () => {
  const api = new FakeApi(2);
  for (const id of ids) api.write(id);
  const store = new MemoryStore();
  const first = await api.client(store);
  first.connect();
  await api.accept();
  first.close();
  const next = await api.client(store);
  next.connect();
  api.runtime.socket.open();
  expect(api.runtime.socket.of('hello')).toMatchObject([{ resume: true }]);
  next.close();
});
