import { expect, test } from 'bun:test';
import { limits } from '@parley/protocol';
import { graceMs } from '../../src/messaging/attendance.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { onlyPart } from '../support/registry-leases.ts';
import { until } from '../support/until.ts';
import { ClusterUnderTest } from './cluster-under-test.ts';

/** Ana, on the first server, watches ben, who is on the second. */
async function anaWatchesBen() {
  const cluster = await ClusterUnderTest.start(2);
  const [first, second] = cluster.servers as [(typeof cluster.servers)[0], (typeof cluster.servers)[0]];
  const { userId: benId } = await cluster.user('ben');
  const [ana, ben] = [await first.connect('ana'), await second.connect('ben')];
  await ana.asks({ type: 'watch', userIds: [benId] });
  const changes = () =>
    ana.frames
      .flatMap((frame) => (frame.type === 'presence' && !frame.id ? frame.users : []))
      .map(({ online }) => online);
  /** Lets time pass until the condition holds; nobody falls silent meanwhile. */
  const inTime = (what: string, isSo: () => boolean) =>
    until(what, () => {
      if (isSo()) return true;
      ana.pongs();
      cluster.clock.advance(1_000);
      return false;
    });
  return { cluster, first, second, ana, ben, benId, changes, inTime };
}

/** Makes the next call of the method reject; `attempts` counts it. */
function failsOnce<Key extends string>(
  object: Record<Key, (...values: never[]) => Promise<unknown>>,
  method: Key,
  { carriedOut = false } = {},
) {
  const original = object[method].bind(object) as (...values: unknown[]) => Promise<unknown>;
  const counted = { failures: 0 };
  (object as Record<string, unknown>)[method] = async (...values: unknown[]) => {
    (object as Record<string, unknown>)[method] = original;
    if (carriedOut) await original(...values);
    counted.failures++;
    throw new Unavailable(`${method} fails`);
  };
  return counted;
}

test('a departure whose announcement fails reaches the watchers', async () => {
  const { cluster, ben, changes, inTime } = await anaWatchesBen();
  const counted = failsOnce(cluster.adapters.registry as never, 'watchersOf');
  ben.gone();
  cluster.clock.advance(graceMs);
  await inTime('ana sees ben offline', () => changes().length > 0);
  expect(changes()).toEqual([false]);
  expect(counted.failures).toBe(1);
});

test('an arrival whose announcement fails succeeds, and reaches the watchers', async () => {
  const { cluster, second, ben, changes, inTime } = await anaWatchesBen();
  ben.gone();
  cluster.clock.advance(graceMs);
  await inTime('ana sees ben offline', () => changes().length > 0);
  const counted = failsOnce(cluster.adapters.registry as never, 'watchersOf');
  await second.connect('ben');
  await inTime('ana sees ben online', () => changes().length > 1);
  expect(changes()).toEqual([false, true]);
  expect(counted.failures).toBe(1);
});

test('the users of a dead server that was dropped by a call that failed go offline', async () => {
  const { cluster, second, changes, inTime } = await anaWatchesBen();
  const { registry } = cluster.adapters;
  const dead = second.messaging.serverId;
  const part = onlyPart(registry);
  const renew = part.renewLease.bind(part);
  part.renewLease = (id, durationMs) => (id === dead ? new Promise(() => undefined) : renew(id, durationMs));
  // Every call fails after it has dropped the server, as when the process ends then.
  const expire = registry.expireServers.bind(registry);
  let dropped = 0;
  registry.expireServers = async () => {
    const userIds = await expire();
    dropped += userIds.length;
    throw new Unavailable('the registry is unavailable');
  };
  await inTime('ana sees ben offline', () => changes().length > 0);
  expect(changes()).toEqual([false]);
  await inTime('the server is dropped', () => dropped > 0);
});

test('a hint that arrives late does not undo a later one', async () => {
  const { cluster, first, second, ben, benId, changes, inTime } = await anaWatchesBen();
  await cluster.adapters.mailboxes.deliver(first.messaging.serverId, [
    { kind: 'presence', userId: benId, online: false },
  ]);
  // A change that comes after it is sent, and nothing before it.
  ben.gone();
  cluster.clock.advance(graceMs);
  await inTime('ana sees ben offline', () => changes().length > 0);
  cluster.clock.advance(limits.presenceIntervalMs);
  await second.connect('ben');
  await inTime('ana sees ben online', () => changes().at(-1) === true);
  expect(changes()).toEqual([false, true]);
});

test('a change that is read while the snapshot is read is sent after it', async () => {
  const { cluster, ana, ben, benId, inTime } = await anaWatchesBen();
  const { registry } = cluster.adapters;
  const online = registry.online.bind(registry);
  const held = Promise.withResolvers<void>();
  let isHeld = false;
  registry.online = async (userIds) => {
    registry.online = online;
    const before = await online(userIds);
    isHeld = true;
    await held.promise;
    return before;
  };
  const asked = ana.asks({ type: 'watch', userIds: [benId] });
  await until('the snapshot is being read', () => isHeld);
  ben.gone();
  cluster.clock.advance(graceMs);
  await until('ben is offline', async () => (await online([benId])).size === 0);
  held.resolve();
  expect(await asked).toMatchObject({ users: [{ userId: benId, online: true }] });
  const last = () => ana.frames.findLast((frame) => frame.type === 'presence');
  await inTime('ana sees ben offline', () => {
    const frame = last();
    return frame?.type === 'presence' && frame.users.some((user) => user.userId === benId && !user.online);
  });
});
