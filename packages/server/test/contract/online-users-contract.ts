import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { UserId } from '@parley/protocol';
import fc from 'fast-check';
import type { ConnectionRegistry } from '../../src/connections/registry-port.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { openServer, renewLease } from '../support/registry-leases.ts';
import { newIds } from './conversations-under-test.ts';
import type { RegistryUnderTest } from './registry-under-test.ts';

const leaseMs = 10_000;

/** The events of a user on a server. */
const happening = fc.record({
  kind: fc.constantFrom('connect', 'connect', 'disconnect', 'close', 'expire', 'renew'),
  server: fc.nat({ max: 2 }),
  user: fc.nat({ max: 3 }),
  passMs: fc.constantFrom(0, 0, 0, leaseMs / 3, leaseMs * 2),
});

export function describeOnlineUsers(open: () => Promise<RegistryUnderTest>): void {
  describe('users', () => {
    let opened: RegistryUnderTest;
    const [north = '', south = '', ana = '', ben = '', nobody = ''] = newIds(5);

    beforeEach(async () => {
      opened = await open();
      for (const serverId of [north, south]) await openServer(opened.registry, serverId, leaseMs);
    });

    afterEach(() => opened.close());

    test('come online with their first connection on any server, and go offline with their last', async () => {
      const { registry } = opened;
      expect(await registry.connect(north, ana)).toBe(true);
      expect(await registry.connect(north, ana)).toBe(false);
      expect(await registry.connect(south, ana)).toBe(false);
      expect(await registry.disconnect(north, ana)).toBe(false);
      expect(await registry.online([ana, nobody])).toEqual(new Set([ana]));
      expect(await registry.disconnect(south, ana)).toBe(true);
      expect(await registry.online([ana])).toEqual(new Set());
      expect(await registry.connect(south, ana)).toBe(true);
    });

    test('of several connections at once exactly one brings them online', async () => {
      const { registry } = opened;
      const first = await Promise.all([north, south, north].map((serverId) => registry.connect(serverId, ana)));
      expect(first.filter((wasFirst) => wasFirst)).toHaveLength(1);
    });

    test('are found on their servers, and counted once each', async () => {
      const { registry } = opened;
      await registry.connect(north, ana);
      await registry.connect(south, ana);
      await registry.connect(south, ben);
      const servers = await registry.serversOf([ana, ben, nobody]);
      expect(new Map(Array.from(servers, ([serverId, userIds]) => [serverId, [...userIds].sort()]))).toEqual(
        new Map([
          [north, [ana]],
          [south, [ana, ben].sort()],
        ]),
      );
      expect(await registry.serversOf([nobody])).toEqual(new Map());
      expect(await registry.onlineCount()).toBe(2);
    });

    test('are online exactly while they are connected under a valid lease, and each change is reported once', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
          const { registry, passTime, close } = await open();
          const model = new ModelOfServers();
          const [userIds, serverIds] = [newIds(4), newIds(3)];
          for (const serverId of serverIds) {
            await openServer(registry, serverId, leaseMs);
            model.open(serverId);
          }
          for (const { kind, server, user, passMs } of happenings) {
            const [serverId = '', userId = ''] = [serverIds[server], userIds[user]];
            await passTime(passMs);
            model.nowMs += passMs;
            expect(await tellOf(registry, kind, serverId, userId)).toEqual(model[kind](serverId, userId));
            const online = userIds.filter((id) => model.isOnline(id));
            expect(await registry.online(userIds)).toEqual(new Set(online));
            expect(await registry.onlineCount()).toBe(online.length);
          }
          await close();
        }),
        { numRuns: 300 },
      );
    });
  });
}

/** Applies the event; returns the registry's answer. */
async function tellOf(
  registry: ConnectionRegistry,
  kind: 'connect' | 'disconnect' | 'close' | 'expire' | 'renew',
  serverId: string,
  userId: UserId,
): Promise<boolean | UserId[] | 'without a lease'> {
  switch (kind) {
    case 'connect':
      return registry.connect(serverId, userId).catch((error: unknown) => {
        if (error instanceof Unavailable) return 'without a lease';
        throw error;
      });
    case 'renew':
      return renewLease(registry, serverId, leaseMs);
    case 'close':
      return (await registry.closeServer(serverId)).sort();
    case 'expire':
      return (await registry.expireServers()).sort();
    case 'disconnect':
      return registry.disconnect(serverId, userId);
  }
}

/** A model of the registry: leases, the users of each, and the users who were last reported as online. */
class ModelOfServers {
  nowMs = 0;
  private readonly leases = new Map<string, { endsMs: number; userIds: Set<UserId> }>();
  private readonly shownOnline = new Set<UserId>();

  open(serverId: string): void {
    this.leases.set(serverId, { endsMs: this.nowMs + leaseMs, userIds: new Set() });
  }

  isOnline(userId: UserId): boolean {
    return [...this.leases].some(([serverId, { userIds }]) => this.holds(serverId) && userIds.has(userId));
  }

  connect(serverId: string, userId: UserId): boolean | 'without a lease' {
    if (!this.holds(serverId)) return 'without a lease';
    const comesOnline = !this.isOnline(userId);
    this.leases.get(serverId)?.userIds.add(userId);
    this.shownOnline.add(userId);
    return comesOnline;
  }

  disconnect(serverId: string, userId: UserId): boolean {
    const wasThere = this.leases.get(serverId)?.userIds.delete(userId) ?? false;
    return wasThere && !this.isOnline(userId) && this.shownOnline.delete(userId);
  }

  renew(serverId: string): boolean {
    const lease = this.leases.get(serverId);
    if (!lease || !this.holds(serverId)) return false;
    lease.endsMs = this.nowMs + leaseMs;
    return true;
  }

  close(serverId: string): UserId[] {
    const userIds = this.leases.get(serverId)?.userIds ?? new Set<UserId>();
    this.leases.delete(serverId);
    return [...userIds].filter((userId) => !this.isOnline(userId) && this.shownOnline.delete(userId)).sort();
  }

  expire(): UserId[] {
    const ended = [...this.leases.keys()].filter((serverId) => !this.holds(serverId));
    return ended.flatMap((serverId) => this.close(serverId)).sort();
  }

  private holds(serverId: string): boolean {
    return (this.leases.get(serverId)?.endsMs ?? 0) > this.nowMs;
  }
}
