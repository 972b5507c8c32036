import { expect, test } from 'bun:test';
import { MemoryMailboxes } from '../../src/adapters/memory/mailboxes.ts';
import { Signals } from '../../src/connections/signals.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { twoParts } from '../messaging/two-parts.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';
import { newIds } from './conversations-under-test.ts';

/** A registry in two stores in memory, of which the second has been unavailable for a while. */
function halfLost() {
  const parts = twoParts(new FakeClock());
  const { registry, servers, second } = parts;
  const refuse = async () => {
    throw new Unavailable('the second part is unavailable');
  };
  Object.assign(servers[1], { isLost: true, serversOf: refuse, interestedServers: refuse, noteSkipped: refuse });
  const ids = newIds(50);
  return { ...parts, ids, lost: ids.filter((id) => registry.partOf(id) === second) };
}

test('look-ups for entries note what they leave out', async () => {
  const { registry, servers, lost, first } = halfLost();
  await registry.serversOf(lost, { forEntries: true });
  expect(servers[0].notes).toBe(1);
  await registry.interestedServers(lost);
  expect(servers[0].notes).toBe(2);
  const found = newIds(50).filter((id) => registry.partOf(id) === first);
  await registry.serversOf(found, { forEntries: true });
  expect(servers[0].notes).toBe(2);
});

test('signals, which may be lost, leave no note, so that no client resynchronises because of them', async () => {
  const { registry, servers, ids } = halfLost();
  const failures: unknown[] = [];
  const signals = new Signals(registry, new MemoryMailboxes(), (error) => failures.push(error));
  const [userId = ''] = ids;
  await signals.send(ids, (recipientIds) => ({ kind: 'frame', recipientIds, frame: { type: 'goaway', delayMs: 0 } }));
  await signals.tellOf(userId, { kind: 'renamed', userId, displayName: 'Somebody' });
  expect(servers[0].notes).toBe(0);
  expect(failures).toEqual([]);
});

test('look-ups that end while a note is under way share one, which is written after them', async () => {
  const { registry, servers, lost } = halfLost();
  const written: (() => void)[] = [];
  let calls = 0;
  servers[0].noteSkipped = () => {
    calls++;
    return new Promise((resolve) => written.push(resolve));
  };
  let done = 0;
  const lookUp = () => registry.serversOf(lost, { forEntries: true }).then(() => done++);
  const looks = [lookUp()];
  await until('the first note is under way', () => calls === 1);
  for (let count = 0; count < 20; count++) looks.push(lookUp());
  await new Promise((next) => setImmediate(next));
  expect([calls, done]).toEqual([1, 0]);
  written.shift()?.();
  await until('the second note is under way', () => calls === 2);
  expect(done).toBe(1);
  written.shift()?.();
  await Promise.all(looks);
  expect([calls, done]).toEqual([2, 21]);
});
