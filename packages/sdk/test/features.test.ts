import { afterEach, expect, test } from 'bun:test';
import { understoodFeatures } from '../src/features.ts';
import { MemoryStore } from '../src/index.ts';
import { FakeApi } from './support/fake-api.ts';
import { welcome } from './support/frames.ts';
import { idle } from './support/idle.ts';
import { collect } from './support/until.ts';

const own = [...understoodFeatures];

afterEach(() => {
  understoodFeatures.splice(0, Infinity, ...own);
});

async function welcomed(features?: string[], store = new MemoryStore()) {
  const api = new FakeApi();
  const client = await api.client(store);
  client.connect();
  const { socket } = api.runtime;
  socket.open();
  socket.say({ ...welcome(), ...(features && { features }) });
  await idle();
  return { api, client, socket };
}

test('a server that sends its features gets those of the client once', async () => {
  understoodFeatures.push('trial');
  const { client, socket } = await welcomed(['trial', 'of a later version']);
  expect(client.serverFeatures).toEqual(['trial', 'of a later version']);
  expect(socket.of('features')).toEqual([{ type: 'features', features: [...own, 'trial'] }]);
  client.close();
});

test('a server with an empty list of features gets those of the client', async () => {
  const { client, socket } = await welcomed([]);
  expect(client.serverFeatures).toEqual([]);
  expect(socket.of('features')).toEqual([{ type: 'features', features: own }]);
  client.close();
});

test('a server of an earlier version, which rejects features frames, gets none', async () => {
  understoodFeatures.push('trial');
  const { client, socket } = await welcomed();
  expect(client.serverFeatures).toEqual([]);
  expect(socket.sent.map((frame) => frame['type'])).not.toContain('features');
  client.close();
});

test('a pong reports features that were enabled during the connection; another server may have fewer', async () => {
  const store = new MemoryStore();
  const { api, client, socket } = await welcomed([], store);
  const states = collect(client, 'state');
  socket.say({ type: 'pong', features: ['trial'] });
  expect(client.serverFeatures).toEqual(['trial']);
  expect(states).toEqual([{ name: 'live' }]);
  expect((await api.client(store)).serverFeatures).toEqual(['trial']);
  socket.say({ type: 'pong' });
  expect(client.serverFeatures).toEqual(['trial']);
  socket.end(4000);
  await api.runtime.pass(1_000);
  await api.accept();
  expect(client.serverFeatures).toEqual([]);
  client.close();
});

test('a later run knows the features before its first connection, until a server with others answers', async () => {
  const store = new MemoryStore();
  const { api, client } = await welcomed(['amendments', 'bans'], store);
  client.close();
  const later = await api.client(store);
  expect(later.serverFeatures).toEqual(['amendments', 'bans']);
  api.features = undefined;
  later.connect();
  await api.accept();
  expect(later.serverFeatures).toEqual([]);
  later.close();
  expect((await api.client(store)).serverFeatures).toEqual([]);
});
