import { expect, test } from 'bun:test';
import { composeAdapters } from '../../src/compose/compose.ts';
import { leaseMs } from '../../src/messaging/part-lease.ts';
import { configInMemory } from '../support/config-in-memory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { openServer, renewLease } from '../support/registry-leases.ts';

test('an embedded server keeps its lease and its users when its timers are late', async () => {
  const clock = new FakeClock();
  const { registry, close } = await composeAdapters(configInMemory(), clock);
  await openServer(registry, 'only', leaseMs);
  await registry.connect('only', 'ana');
  // As if the process was paused, or was too busy for its timers: nothing renews the lease.
  clock.advance(10 * leaseMs);
  expect(await registry.expireServers()).toEqual([]);
  expect(await renewLease(registry, 'only', leaseMs)).toBe(true);
  expect(await registry.online(['ana'])).toEqual(new Set(['ana']));
  expect(await registry.closeServer('only')).toEqual(['ana']);
  await close();
});
