import { expect, test } from 'bun:test';
import { closeCodes } from '@parley/protocol';
import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { onlyPart } from '../support/registry-leases.ts';
import { until } from '../support/until.ts';
import { ClusterUnderTest } from './cluster-under-test.ts';

/** Two servers; ana is on the first, ben on the second. Calls to the registry for the second fail from now on. */
async function secondIsCutOff() {
  const cluster = await ClusterUnderTest.start(2);
  const [first, second] = cluster.servers as [(typeof cluster.servers)[0], (typeof cluster.servers)[0]];
  const [ana, ben] = [await first.connect('ana'), await second.connect('ben')];
  const cutOff = second.messaging.serverId;
  const registry = cluster.adapters.registry as MemoryConnectionRegistry;
  const { renewLease, openServer } = MemoryConnectionRegistry.prototype;
  // Removing its mailbox is another way for the server to learn it, which takes longer.
  cluster.adapters.mailboxes.remove = async () => undefined;
  const live = new Set([first.messaging.serverId]);
  let isCut = true;
  const refuse = async () => {
    throw new Unavailable('the registry cannot be reached');
  };
  registry.renewLease = (id, leaseMs) => (isCut && !live.has(id) ? refuse() : renewLease.call(registry, id, leaseMs));
  registry.openServer = (id, ...more) => (isCut && !live.has(id) ? refuse() : openServer.call(registry, id, ...more));
  /** Lets time pass until the condition holds; nobody falls silent meanwhile. */
  const inTime = (what: string, isSo: () => boolean) =>
    until(what, () => {
      if (isSo()) return true;
      for (const socket of [ana, ben]) socket.pongs();
      cluster.clock.advance(1_000);
      return false;
    });
  const reconnect = () => {
    isCut = false;
  };
  return { cluster, first, second, ana, ben, cutOff, inTime, reconnect };
}

test('the clients of a server that is cut off from the registry are sent away', async () => {
  const { cluster, second, ana, ben, cutOff, inTime, reconnect } = await secondIsCutOff();
  await inTime('the socket of ben is closed', () => ben.closedWith !== null);
  expect(ben.closedWith).toBe(closeCodes.leaseLost.code);
  expect(ana.closedWith).toBeNull();
  // It takes no others, until it has the registry again.
  const { token } = await cluster.user('ben');
  const early = second.open();
  early.receives({ type: 'hello', token });
  await early.until(() => early.closedWith ?? undefined);
  expect(early.closedWith).toBe(closeCodes.unavailable.code);
  reconnect();
  await inTime('the server is registered again', () => second.hasOtherId(cutOff));
  await second.connect('ben');
});

test('a notice that comes late closes nothing at a server that renews its lease', async () => {
  const { cluster, first, ana, inTime } = await secondIsCutOff();
  const { serverId } = first.messaging;
  await cluster.adapters.mailboxes.deliver(serverId, [{ kind: 'unlisted' }]);
  let renewals = 0;
  const part = onlyPart(cluster.adapters.registry);
  const renew = part.renewLease.bind(part);
  part.renewLease = (id, leaseMs) => {
    if (id === serverId) renewals++;
    return renew(id, leaseMs);
  };
  await inTime('the lease is renewed', () => renewals > 2);
  expect(ana.closedWith).toBeNull();
  expect(first.messaging.serverId).toBe(serverId);
});
