import { describe, expect, test } from 'bun:test';
import { MemoryMailboxes } from '../../src/adapters/memory/mailboxes.ts';
import { leaseMs } from '../../src/messaging/part-lease.ts';
import { ServerLease } from '../../src/messaging/server-lease.ts';
import { Unavailable, Unwritable } from '../../src/platform/failures.ts';
import { newIds } from '../contract/conversations-under-test.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';
import { twoParts } from './two-parts.ts';

/** A lease in two parts of a registry in memory, of which the second can be lost. */
async function leaseOfTwoParts() {
  const clock = new FakeClock();
  const parts = twoParts(clock);
  const calls: string[] = [];
  const failures: unknown[] = [];
  const whileForgotten = { run: async (_keepLease: () => Promise<void>): Promise<void> => undefined };
  let ids = 0;
  const ports = {
    ...{ registry: parts.registry, mailboxes: new MemoryMailboxes(), clock },
    ids: { uuid: () => `server ${++ids}`, token: () => 'unused' },
  };
  const lease = new ServerLease(ports, {
    received: () => undefined,
    lost: () => void calls.push('lost'),
    forgotten: async (isContinued, keepLease, part) => {
      calls.push(`${isContinued ? 'continued' : 'forgotten'}: ${part.name}`);
      await whileForgotten.run(keepLease);
    },
    cutOff: (part) => void calls.push(`cut off: ${part.name}`),
    reportFailure: (error) => failures.push(error),
  });
  await lease.open();
  /** Lets the lease do its steps until the condition holds. */
  const stepsUntil = (what: string, isSo: () => Promise<boolean> | boolean) =>
    until(what, async () => {
      if (await isSo()) return true;
      clock.advance(leaseMs / 4);
      return false;
    });
  const lists = async (index: 0 | 1) => (await parts.servers[index].liveServers()).includes(lease.registeredId ?? '');
  const partOf = (id: string) => parts.registry.partOf(id);
  return { ...parts, clock, partOf, lease, calls, failures, whileForgotten, stepsUntil, lists };
}

describe('the leases in two parts of a registry', () => {
  test('are acquired in both, under one id', async () => {
    const { servers } = await leaseOfTwoParts();
    for (const server of servers) expect(await server.liveServers()).toEqual(['server 1']);
  });

  test('are independent: while one part is away, the lease in the other is renewed, and the id stays', async () => {
    const { lose, find, lease, calls, failures, stepsUntil, lists, servers } = await leaseOfTwoParts();
    lose();
    await stepsUntil('the lease in the second part has expired', async () => !(await lists(1)));
    expect(await lists(0)).toBe(true);
    expect(lease.registeredId).toBe('server 1');
    expect(failures.length).toBePositive();
    expect(calls).toEqual([]);
    find();
    await stepsUntil('the lease in the second part is acquired again', () => lists(1));
    expect(calls).toEqual(['forgotten: part 1']);
    expect(await servers[1].expireServers()).toEqual([]);
    expect(lease.registeredId).toBe('server 1');
  });

  test('are lost with the id when all have expired', async () => {
    const { clock, lease, calls, stepsUntil, servers } = await leaseOfTwoParts();
    for (const server of servers) await server.closeServer('server 1');
    clock.advance(leaseMs);
    await stepsUntil('the server is registered under another id', () => lease.registeredId === 'server 2');
    expect(calls).toEqual(['lost']);
    for (const server of servers) expect(await server.liveServers()).toEqual(['server 2']);
  });

  test('have only what a part lost registered again', async () => {
    const { calls, stepsUntil, servers, lists } = await leaseOfTwoParts();
    servers[0].forget();
    await stepsUntil('the first part lists the server again', () => lists(0));
    expect(calls).toEqual(['forgotten: part 0']);
  });

  test('are all kept while a part has much to register again', async () => {
    const { clock, calls, stepsUntil, servers, lists, whileForgotten } = await leaseOfTwoParts();
    let steps = 0;
    whileForgotten.run = async (keepLease) => {
      for (; steps < 20; steps++) {
        clock.advance(leaseMs / 4);
        await keepLease();
        for (const part of [0, 1] as const) expect([part, await lists(part)]).toEqual([part, true]);
      }
    };
    servers[1].forget();
    await stepsUntil('everything is registered again', () => steps === 20);
    expect(calls).toEqual(['forgotten: part 1']);
  });

  test('go on where registering again has failed', async () => {
    const { calls, stepsUntil, servers, whileForgotten, lists } = await leaseOfTwoParts();
    let failures = 0;
    whileForgotten.run = async () => {
      if (failures++ < 2) throw new Error('a registration fails');
    };
    await servers[1].closeServer('server 1');
    await stepsUntil('everything is registered again', () => failures > 2);
    expect(calls).toEqual(['forgotten: part 1', 'continued: part 1', 'continued: part 1']);
    expect(await lists(1)).toBe(true);
  });

  test('report a part that they cannot be acquired in again, and that does not list the server', async () => {
    const { servers, second, partOf, lose, find, lease, calls, stepsUntil, lists } = await leaseOfTwoParts();
    const idOf = (isOfSecond: boolean) => newIds(50).find((id) => (partOf(id) === second) === isOfSecond) ?? '';
    await servers[1].closeServer('server 1');
    second.openServer = async () => {
      throw new Unavailable('the part cannot be reached');
    };
    await stepsUntil('a step has failed', async () => !(await lists(1)));
    expect(lease.serverIdFor([idOf(true)])).toBe('server 1');
    lose('server 1');
    await stepsUntil('the lease would have expired', () => {
      lease.unlisted('part 1');
      return calls.length > 0;
    });
    expect(calls).toEqual(['cut off: part 1']);
    expect(() => lease.serverIdFor([idOf(false), idOf(true)])).toThrow(Unwritable);
    expect(lease.serverIdFor([idOf(false)])).toBe('server 1');
    expect(lease.isCutOff).toBe(true);
    find();
    delete (second as Partial<typeof second>).openServer;
    await stepsUntil('the lease in the second part is acquired again', () => !lease.isCutOff);
    expect(await lists(1)).toBe(true);
    expect(lease.serverIdFor([idOf(true)])).toBe('server 1');
  });

  test('report another process that does not find one that is valid', async () => {
    const { clock, lease, calls, failures, stepsUntil } = await leaseOfTwoParts();
    const startMs = clock.monotonicMs();
    await stepsUntil('the lease has been renewed for a while', () => clock.monotonicMs() - startMs >= 3 * leaseMs);
    expect(failures).toEqual([]);
    lease.unlisted('part 1');
    await stepsUntil('it is reported', () => failures.length > 0);
    expect(String(failures[0])).toContain('same address for each server of --redis');
    expect(calls).toEqual([]);
    expect(lease.serverId).toBe('server 1');
  });

  test('report a part that dropped the server, and that it cannot reach, once', async () => {
    const { lose, find, lease, calls, stepsUntil, lists } = await leaseOfTwoParts();
    lose('server 1');
    await stepsUntil('the lease in the second part has expired', async () => !(await lists(1)));
    lease.unlisted('part 0');
    await stepsUntil('a step is done', () => true);
    for (let notice = 0; notice < 3; notice++) {
      lease.unlisted('part 1');
      await stepsUntil('the part is left', () => calls.length > 0);
    }
    expect(calls).toEqual(['cut off: part 1']);
    expect(lease.registeredId).toBe('server 1');
    find();
    await stepsUntil('the lease in the second part is acquired again', () => lists(1));
    await stepsUntil('everything is registered again', () => calls.length > 1);
    expect(calls).toEqual(['cut off: part 1', 'forgotten: part 1']);
  });
});
