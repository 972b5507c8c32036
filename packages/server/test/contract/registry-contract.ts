import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import type { UserId } from '@parley/protocol';
import type { ConnectionRegistry } from '../../src/connections/registry-port.ts';
import { Unavailable } from '../../src/platform/failures.ts';
import { firstLevel } from '../../src/platform/features.ts';
import { generation, openServer, renewLease } from '../support/registry-leases.ts';
import { newIds } from './conversations-under-test.ts';
import { describeOnlineUsers } from './online-users-contract.ts';
import { describeRegisteredInterest } from './registered-interest-contract.ts';
import type { RegistryUnderTest } from './registry-under-test.ts';

const leaseMs = 10_000;

export function describeRegistryContract(name: string, open: () => Promise<RegistryUnderTest>): void {
  describe(`connection registry on ${name}`, () => {
    let opened: RegistryUnderTest;
    let registry: ConnectionRegistry;
    const [north = '', south = '', conversationId = ''] = newIds(3);
    const [ana = '', ben = '', cleo = ''] = newIds(3);

    beforeEach(async () => {
      opened = await open();
      registry = opened.registry;
      for (const serverId of [north, south]) await openServer(registry, serverId, leaseMs);
    });
    afterEach(() => opened.close());

    describeOnlineUsers(open);
    describeRegisteredInterest(() => opened);

    /** All results of the registry about what `registerOn` registered. */
    const said = async () => ({
      online: await registry.online([ana, ben]),
      servers: await registry.serversOf([ana, ben]),
      count: await registry.onlineCount(),
      interested: (await registry.interestedServers([conversationId])).get(conversationId),
      members: (await registry.onlineMembers([conversationId])).get(conversationId),
      watchers: (await registry.watchersOf([cleo])).get(cleo),
    });
    const silence = {
      online: new Set<UserId>(),
      servers: new Map<string, UserId[]>(),
      count: 0,
      interested: [],
      members: 0,
      watchers: [],
    };

    async function registerOn(serverId: string): Promise<void> {
      for (const userId of [ana, ben]) await registry.connect(serverId, userId);
      await registry.addInterest(serverId, conversationId);
      await registry.setOnlineMembers(serverId, conversationId, 2);
      await registry.watch(serverId, [cleo]);
    }

    /** A registration that does not hold must not succeed: the clients that rely on it would receive nothing. */
    async function refusesAll(serverId: string): Promise<void> {
      await expect(registry.connect(serverId, ana)).rejects.toThrow(Unavailable);
      await expect(registry.addInterest(serverId, conversationId)).rejects.toThrow(Unavailable);
      await expect(registry.watch(serverId, [cleo])).rejects.toThrow(Unavailable);
    }

    test('live servers are those with a valid lease', async () => {
      expect(await registry.liveServers()).toEqual(expect.arrayContaining([north, south]));
      await opened.passTime(leaseMs / 2);
      await renewLease(registry, south, leaseMs);
      await opened.passTime(leaseMs / 2 + 1);
      expect(await registry.liveServers()).toEqual([south]);
      await registry.closeServer(south);
      expect(await registry.liveServers()).toEqual([]);
    });

    test('live servers have the feature level that they support; by default the first', async () => {
      const east = 'east';
      await openServer(registry, east, leaseMs, 3);
      const levels = await registry.serverLevels();
      expect([north, south, east].map((serverId) => levels.get(serverId))).toEqual([firstLevel, firstLevel, 3]);
      await registry.closeServer(north);
      await opened.passTime(leaseMs / 2);
      await renewLease(registry, east, leaseMs);
      await opened.passTime(leaseMs / 2 + 1);
      expect(await registry.serverLevels()).toEqual(new Map([[east, 3]]));
      await opened.forget();
      expect(await registry.serverLevels()).toEqual(new Map());
    });

    describe('a lease', () => {
      test('keeps registrations as long as it is renewed', async () => {
        await registerOn(north);
        for (let renewal = 0; renewal < 5; renewal++) {
          await opened.passTime(leaseMs - 1);
          expect(await renewLease(registry, north, leaseMs)).toBe(true);
        }
        expect(await said()).toEqual({
          online: new Set([ana, ben]),
          servers: new Map([[north, [ana, ben]]]),
          count: 2,
          interested: [north],
          members: 2,
          watchers: [north],
        });
      });

      test('invalidates all registrations when it expires, before the server is dropped (race 6)', async () => {
        await registerOn(north);
        await opened.passTime(leaseMs + 1);
        expect(await said()).toEqual(silence);
      });

      test('cannot be renewed after it expired or its server was dropped, and accepts no registrations then', async () => {
        await opened.passTime(leaseMs + 1);
        expect(await renewLease(registry, north, leaseMs)).toBe(false);
        await refusesAll(north);
        expect(await said()).toEqual(silence);
        await registry.expireServers();
        expect(await renewLease(registry, north, leaseMs)).toBe(false);
        await refusesAll(north);
        expect(await said()).toEqual(silence);
        expect(await renewLease(registry, 'never opened', leaseMs)).toBe(false);
      });

      test('is renewed, with its registrations, when it is acquired again', async () => {
        await registerOn(north);
        const before = await said();
        await opened.passTime(leaseMs - 1);
        await openServer(registry, north, leaseMs);
        await opened.passTime(leaseMs - 1);
        expect(await said()).toEqual(before);
      });

      test('that expired cannot be acquired again before its server is dropped', async () => {
        await opened.passTime(leaseMs + 1);
        await expect(openServer(registry, north, leaseMs)).rejects.toThrow(Unavailable);
        await registry.expireServers();
        await openServer(registry, north, leaseMs);
        expect(await registry.liveServers()).toEqual([north]);
      });

      test('ends at once when it is given up, and returns the users who went offline', async () => {
        await registerOn(north);
        await registry.connect(south, ben);
        expect(await registry.closeServer(north)).toEqual([ana]);
        expect(await said()).toEqual({
          ...silence,
          online: new Set([ben]),
          servers: new Map([[south, [ben]]]),
          count: 1,
        });
        expect(await registry.closeServer(north)).toEqual([]);
        expect(await renewLease(registry, north, leaseMs)).toBe(false);
      });
    });

    describe('servers whose lease expired', () => {
      const expired = async (): Promise<UserId[]> => (await registry.expireServers()).sort();

      test('are dropped, and the users who went offline are returned', async () => {
        await registerOn(north);
        await registry.connect(south, ben);
        expect(await expired()).toEqual([]);
        await opened.passTime(leaseMs - 1);
        await renewLease(registry, south, leaseMs);
        await opened.passTime(2);
        expect(await expired()).toEqual([ana]);
        expect(await expired()).toEqual([]);
        expect(await registry.online([ana, ben])).toEqual(new Set([ben]));
      });

      test('do not take users offline who are connected to another server', async () => {
        await registerOn(north);
        await opened.passTime(leaseMs + 1);
        await openServer(registry, 'east', leaseMs);
        expect(await registry.connect('east', ana)).toBe(true);
        expect(await expired()).toEqual([ben]);
      });

      test('report each user who went offline once, to one caller, also when several expired', async () => {
        await registerOn(north);
        await registerOn(south);
        await opened.passTime(leaseMs + 1);
        const told = await Promise.all([registry.expireServers(), registry.expireServers(), registry.expireServers()]);
        expect(told.flat().sort()).toEqual([ana, ben].sort());
      });
    });

    describe('the generation', () => {
      test('stays while the store keeps its data', async () => {
        const before = await generation(registry);
        await registerOn(north);
        await registry.closeServer(south);
        await opened.passTime(leaseMs + 1);
        await registry.expireServers();
        expect(await generation(registry)).toBe(before);
      });

      test('changes whenever the store lost data, and everything can be registered again (race 7)', async () => {
        await registerOn(north);
        const before = await said();
        const generations = [await generation(registry)];
        for (let time = 0; time < 3; time++) {
          await opened.forget();
          generations.push(await generation(registry));
        }
        expect(new Set(generations).size).toBe(4);
        expect(await said()).toEqual(silence);
        expect(await renewLease(registry, north, leaseMs)).toBe(false);
        await openServer(registry, north, leaseMs);
        await registerOn(north);
        expect(await said()).toEqual(before);
      });
    });
  });
}
