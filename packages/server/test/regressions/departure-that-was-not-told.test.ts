import { expect, test } from 'bun:test';
import { graceMs } from '../../src/messaging/attendance.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { ClusterUnderTest } from '../messaging/cluster-under-test.ts';

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Ana is online, and the registry can't be told of anybody's departure `failures` times. */
async function onlineWhileRegistryIsAway(failures: number) {
  const cluster = await ClusterUnderTest.start(1);
  const { registry } = cluster.adapters;
  const disconnect = registry.disconnect.bind(registry);
  let left = failures;
  registry.disconnect = (serverId, userId) =>
    left-- > 0 ? Promise.reject(new Unavailable('the registry is away')) : disconnect(serverId, userId);
  const [server] = cluster.servers;
  if (!server) throw new Error('there is a server');
  const socket = await server.connect('ana');
  const { userId } = await cluster.user('ana');
  const passTime = async (durationMs: number) => {
    cluster.clock.advance(durationMs);
    await settled();
  };
  return { cluster, registry, server, socket, userId, passTime };
}

test('somebody whose departure could not be told goes offline when the registry is back', async () => {
  const { registry, socket, userId, passTime } = await onlineWhileRegistryIsAway(3);
  socket.gone();
  await passTime(graceMs);
  expect(await registry.online([userId])).toEqual(new Set([userId]));
  for (let second = 0; second < 3; second++) await passTime(1_000);
  expect(await registry.online([userId])).toEqual(new Set());
});

test('who comes back before it could be told stays online', async () => {
  const { registry, server, socket, userId, passTime } = await onlineWhileRegistryIsAway(1);
  socket.gone();
  await passTime(graceMs);
  await server.connect('ana');
  for (let second = 0; second < 5; second++) await passTime(1_000);
  expect(await registry.online([userId])).toEqual(new Set([userId]));
});

test('a server that could not register again after the registry forgot tries until it has', async () => {
  const { cluster, registry, userId, passTime } = await onlineWhileRegistryIsAway(0);
  const connect = registry.connect.bind(registry);
  let failing = true;
  registry.connect = (serverId, user) =>
    failing ? Promise.reject(new Unavailable('the registry is away')) : connect(serverId, user);
  (registry as unknown as { forget(): void }).forget();
  await passTime(2_500);
  expect(await registry.online([userId])).toEqual(new Set());
  failing = false;
  await passTime(2_500);
  expect(await registry.online([userId])).toEqual(new Set([userId]));
  expect(cluster.failures.length).toBeGreaterThan(0);
});
