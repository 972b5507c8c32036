import { expect, test } from 'bun:test';
import { graceMs } from '../../src/messaging/attendance.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { ClusterUnderTest } from '../messaging/cluster-under-test.ts';
import { until } from '../support/until.ts';

/** Ana and Ben are online; while `registryIsAway`, calls to the registry fail. */
async function onlineWithRegistry() {
  const cluster = await ClusterUnderTest.start(1);
  const { registry } = cluster.adapters;
  const state = { registryIsAway: false, refusals: 0 };
  const disconnect = registry.disconnect.bind(registry);
  const connect = registry.connect.bind(registry);
  function refuse(): Promise<never> {
    state.refusals++;
    return Promise.reject(new Unavailable('the registry is unavailable'));
  }
  registry.disconnect = (serverId, userId) => (state.registryIsAway ? refuse() : disconnect(serverId, userId));
  registry.connect = (serverId, userId) => (state.registryIsAway ? refuse() : connect(serverId, userId));
  const [server] = cluster.servers;
  if (!server) throw new Error('there is a server');
  const [ana, ben] = [await server.connect('ana'), await server.connect('ben')];
  const [{ userId: anaId }, { userId: benId }] = [await cluster.user('ana'), await cluster.user('ben')];
  const refused = (count: number) => until(`the registry refuses ${count} times`, () => state.refusals >= count);
  /** Advances the clock by seconds until the condition holds. */
  const inSeconds = (what: string, isSo: () => Promise<boolean>) =>
    until(what, async () => {
      if (await isSo()) return true;
      cluster.clock.advance(1_000);
      return false;
    });
  const isOnline = async (userId: string) => (await registry.online([userId])).has(userId);
  return { cluster, registry, server, state, ana, ben, anaId, benId, refused, inSeconds, isOnline };
}

test('a user whose departure could not be registered goes offline when the registry is back', async () => {
  const { cluster, state, ana, anaId, benId, refused, inSeconds, isOnline } = await onlineWithRegistry();
  state.registryIsAway = true;
  ana.gone();
  cluster.clock.advance(graceMs);
  await refused(1);
  expect(await isOnline(anaId)).toBe(true);
  state.registryIsAway = false;
  await inSeconds('Ana is offline', async () => !(await isOnline(anaId)));
  expect(await isOnline(benId)).toBe(true);
});

test('a user who reconnects before their departure was registered stays online', async () => {
  const { cluster, server, state, ana, ben, anaId, benId, refused, inSeconds, isOnline } = await onlineWithRegistry();
  state.registryIsAway = true;
  ana.gone();
  ben.gone();
  cluster.clock.advance(graceMs);
  await refused(2);
  state.registryIsAway = false;
  await server.connect('ana');
  // Ben stays away. His departure is announced after Ana's would have been.
  await inSeconds('Ben is offline', async () => !(await isOnline(benId)));
  expect(await isOnline(anaId)).toBe(true);
});

test('a server that could not register again after the registry lost its data retries until it can', async () => {
  const { cluster, registry, state, anaId, benId, inSeconds, isOnline } = await onlineWithRegistry();
  state.registryIsAway = true;
  (registry as unknown as { forget(): void }).forget();
  await inSeconds('the server tries to register again', async () => state.refusals > 0);
  expect(await registry.online([anaId, benId])).toEqual(new Set());
  state.registryIsAway = false;
  await inSeconds('both are online again', async () => (await isOnline(anaId)) && (await isOnline(benId)));
  await until('the failure is reported', () => cluster.failures.length > 0);
});
