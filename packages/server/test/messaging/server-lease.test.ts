import { describe, expect, test } from 'bun:test';
import { MemoryMailboxes } from '../../src/adapters/memory/mailboxes.ts';
import { MemoryConnectionRegistry } from '../../src/adapters/memory/registry.ts';
import type { Delivery } from '../../src/connections/mailbox-port.ts';
import { leaseMs } from '../../src/messaging/part-lease.ts';
import { ServerLease } from '../../src/messaging/server-lease.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';

/** A lease over a registry and mailboxes in memory, both of which can be made to fail, and to wait. */
function leaseUnderTest() {
  const clock = new FakeClock();
  const registry = new MemoryConnectionRegistry(clock);
  const mailboxes = new MemoryMailboxes();
  const calls: string[] = [];
  const failures: unknown[] = [];
  const received: Delivery[] = [];
  const whileForgotten = { run: async (_keepLease: () => Promise<void>): Promise<void> => undefined };
  let ids = 0;
  const ports = { registry, mailboxes, clock, ids: { uuid: () => `server ${++ids}`, token: () => 'unused' } };
  const lease = new ServerLease(ports, {
    received: (deliveries) => void received.push(...deliveries),
    lost: () => void calls.push('lost'),
    forgotten: async (isContinued, keepLease) => {
      calls.push(isContinued ? 'continued' : 'forgotten');
      await whileForgotten.run(keepLease);
    },
    cutOff: () => undefined,
    reportFailure: (error) => failures.push(error),
  });
  const renews = () => clock.advance(leaseMs / 4);
  /** Lets the lease do its steps until the condition holds. */
  const stepsUntil = (what: string, isSo: () => Promise<boolean> | boolean) =>
    until(what, async () => {
      if (await isSo()) return true;
      renews();
      return false;
    });
  /** Whether the server has a lease, and receives what is delivered to it. */
  const isWhole = async () => {
    const id = lease.registeredId;
    if (id === null || !(await registry.liveServers()).includes(id)) return false;
    const count = received.length;
    await mailboxes.deliver(id, [{ kind: 'presence', userId: id, online: true }]);
    return received.length > count;
  };
  return { clock, registry, mailboxes, lease, calls, failures, received, whileForgotten, renews, stepsUntil, isWhole };
}

/** Makes the next calls of a method fail, after it was carried out or instead of that. */
function fails<Key extends string>(
  object: Record<Key, (...values: never[]) => Promise<unknown>>,
  method: Key,
  { times, carriedOut }: { times: number; carriedOut: boolean },
) {
  const original = object[method].bind(object) as (...values: unknown[]) => Promise<unknown>;
  let failed = 0;
  const failing = async (...values: unknown[]) => {
    if (failed >= times) return original(...values);
    failed++;
    if (carriedOut) await original(...values);
    throw new Unavailable(`${method} fails`);
  };
  (object as Record<string, unknown>)[method] = failing;
}

/** Makes the calls of a method wait until they are let go. */
function holds<Key extends string>(object: Record<Key, (...values: never[]) => Promise<unknown>>, method: Key) {
  const original = object[method].bind(object) as (...values: unknown[]) => Promise<unknown>;
  const gate = Promise.withResolvers<void>();
  let waiting = 0;
  (object as Record<string, unknown>)[method] = async (...values: unknown[]) => {
    waiting++;
    await gate.promise;
    return original(...values);
  };
  return { isReached: () => until(`${method} is called`, () => waiting > 0), letGo: () => gate.resolve() };
}

describe('a server that is registered has a lease and a mailbox (race 6)', () => {
  test('under a new id after its lease was lost', async () => {
    const { registry, lease, calls, stepsUntil, isWhole } = leaseUnderTest();
    await lease.open();
    await registry.closeServer('server 1');
    await stepsUntil('the server is registered again', isWhole);
    expect(lease.serverId).toBe('server 2');
    expect(calls).toEqual(['lost']);
  });

  const mishaps = {
    'the mailbox cannot be opened': { method: 'open', carriedOut: false },
    'the lease cannot be acquired': { method: 'openServer', carriedOut: false },
    'the lease is acquired, and the response is lost': { method: 'openServer', carriedOut: true },
    'the generation cannot be read': { method: 'generation', carriedOut: false },
    'the renewal fails': { method: 'renewLease', carriedOut: false },
    'the renewal is carried out, and the response is lost': { method: 'renewLease', carriedOut: true },
  } as const;

  test.each(Object.entries(mishaps))('after its lease was lost and, three times, %s', async (_, mishap) => {
    const { registry, mailboxes, lease, calls, stepsUntil, isWhole } = leaseUnderTest();
    await lease.open();
    const { method, carriedOut } = mishap;
    const object = method === 'open' ? mailboxes : registry;
    fails(object as never, method as never, { times: 3, carriedOut });
    await registry.closeServer('server 1');
    await stepsUntil('the server is registered again', isWhole);
    expect(calls).toEqual(['lost']);
    expect(await registry.liveServers()).toEqual([lease.serverId]);
  });

  test('although its former mailbox cannot be closed, and while that takes long', async () => {
    const { registry, mailboxes, lease, calls, failures, stepsUntil, isWhole } = leaseUnderTest();
    const open = mailboxes.open.bind(mailboxes);
    const closes = Promise.withResolvers<void>();
    mailboxes.open = async (serverId, receive) => {
      const mailbox = await open(serverId, receive);
      return { isRemoved: false, close: () => closes.promise.then(() => mailbox.close()) };
    };
    await lease.open();
    await registry.closeServer('server 1');
    await stepsUntil('the server is registered again', isWhole);
    closes.reject(new Unavailable('the mailbox cannot be removed'));
    await until('the failure is reported', () => failures.length > 0);
    await stepsUntil('it is still registered', isWhole);
    expect(calls).toEqual(['lost']);
  });

  test('under a new id after its mailbox was removed, also when the registry lost its data meanwhile', async () => {
    const { registry, mailboxes, lease, calls, stepsUntil, isWhole } = leaseUnderTest();
    await lease.open();
    await mailboxes.remove('server 1');
    registry.forget();
    await stepsUntil('the server is registered again', isWhole);
    expect(lease.serverId).toBe('server 2');
    expect(calls).toEqual(['lost']);
  });

  test('under a new id after its mailbox was removed while it could not acquire its lease', async () => {
    const { registry, mailboxes, lease, stepsUntil, isWhole } = leaseUnderTest();
    await lease.open();
    fails(registry, 'openServer', { times: 3, carriedOut: false });
    await registry.closeServer('server 1');
    await stepsUntil('the second mailbox is open', async () => (await mailboxes.serverIds()).includes('server 2'));
    await mailboxes.remove('server 2');
    await stepsUntil('the server is registered again', isWhole);
    expect(lease.serverId).toBe('server 3');
  });

  test('under the same id after the registry lost its data and that could not be mended at once', async () => {
    const { registry, lease, calls, stepsUntil, isWhole } = leaseUnderTest();
    await lease.open();
    registry.forget();
    fails(registry, 'openServer', { times: 3, carriedOut: false });
    await stepsUntil('everything was registered again', () => calls.includes('forgotten'));
    expect(await isWhole()).toBe(true);
    expect(lease.serverId).toBe('server 1');
    expect(calls).toEqual(['forgotten']);
  });

  test('and registers the rest again when that failed, but everything when its lease expired meanwhile', async () => {
    const { clock, registry, lease, calls, whileForgotten, stepsUntil, isWhole } = leaseUnderTest();
    await lease.open();
    registry.forget();
    const attempts = [
      async () => {
        throw new Unavailable('a registration fails');
      },
      async (keepLease: () => Promise<void>) => {
        // It takes longer than the lease is valid, which is renewed meanwhile.
        for (let count = 0; count < 3; count++) {
          clock.advance(leaseMs / 2);
          await keepLease();
        }
        throw new Unavailable('a registration fails');
      },
      async () => {
        clock.advance(leaseMs);
        await registry.expireServers();
        throw new Unavailable('a registration fails');
      },
    ];
    whileForgotten.run = async (keepLease) => attempts.shift()?.(keepLease);
    await stepsUntil('everything was registered again', () => calls.length === 4);
    expect(calls).toEqual(['forgotten', 'continued', 'continued', 'forgotten']);
    await stepsUntil('the server is registered', isWhole);
    expect(lease.serverId).toBe('server 1');
  });

  test('and has no id until it has both', async () => {
    const { registry, mailboxes, lease, renews, stepsUntil, isWhole } = leaseUnderTest();
    await lease.open();
    const opening = holds(mailboxes, 'open');
    await registry.closeServer('server 1');
    renews();
    await opening.isReached();
    expect(lease.registeredId).toBeNull();
    expect(() => lease.serverId).toThrow(Unavailable);
    opening.letGo();
    await stepsUntil('the server is registered again', isWhole);
  });
});

describe('a server that stops acquires nothing any more', () => {
  test.each(['generation', 'openServer', 'renewLease'] as const)('while %s is under way', async (method) => {
    const { registry, mailboxes, lease, calls, renews } = leaseUnderTest();
    await lease.open();
    if (method === 'openServer') await registry.closeServer('server 1');
    const call = holds(registry, method);
    renews();
    await call.isReached();
    const stopped = lease.stop();
    if (method !== 'openServer') await registry.closeServer('server 1');
    call.letGo();
    await stopped;
    await lease.close();
    expect(await registry.liveServers()).toEqual([]);
    expect(await mailboxes.serverIds()).toEqual([]);
    expect(lease.registeredId).toBeNull();
    expect(calls).toEqual(method === 'openServer' ? ['lost'] : []);
  });

  test('while the mailbox is being opened, and closes it', async () => {
    const { registry, mailboxes, lease, renews } = leaseUnderTest();
    await lease.open();
    await registry.closeServer('server 1');
    const opening = holds(mailboxes, 'open');
    renews();
    await opening.isReached();
    const stopped = lease.stop();
    opening.letGo();
    await stopped;
    await lease.close();
    expect(await registry.liveServers()).toEqual([]);
    expect(await mailboxes.serverIds()).toEqual([]);
  });

  test('during its start', async () => {
    const { registry, mailboxes, lease } = leaseUnderTest();
    const call = holds(registry, 'generation');
    const opened = lease.open();
    await call.isReached();
    const stopped = lease.stop();
    call.letGo();
    await Promise.all([opened, stopped]);
    await lease.close();
    expect(await registry.liveServers()).toEqual([]);
    expect(await mailboxes.serverIds()).toEqual([]);
  });
});
