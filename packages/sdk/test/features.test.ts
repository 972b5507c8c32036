import { afterEach, expect, test } from 'bun:test';
import { understoodFeatures } from '../src/features.ts';
import { FakeApi } from './support/fake-api.ts';
import { welcome } from './support/frames.ts';
import { idle } from './support/idle.ts';

afterEach(() => {
  understoodFeatures.length = 0;
});

async function welcomed(features?: string[]) {
  const api = new FakeApi();
  const client = await api.client();
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
  expect(socket.of('features')).toEqual([{ type: 'features', features: ['trial'] }]);
  client.close();
});

test('a server with an empty list of features gets those of the client', async () => {
  const { client, socket } = await welcomed([]);
  expect(client.serverFeatures).toEqual([]);
  expect(socket.of('features')).toEqual([{ type: 'features', features: [] }]);
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
  const { api, client, socket } = await welcomed([]);
  socket.say({ type: 'pong', features: ['trial'] });
  expect(client.serverFeatures).toEqual(['trial']);
  socket.say({ type: 'pong' });
  expect(client.serverFeatures).toEqual(['trial']);
  socket.end(4000);
  await api.runtime.pass(1_000);
  await api.accept();
  expect(client.serverFeatures).toEqual([]);
  client.close();
});
