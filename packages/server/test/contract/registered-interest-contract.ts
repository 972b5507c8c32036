import { beforeEach, describe, expect, test } from 'bun:test';
import type { ConnectionRegistry } from '../../src/connections/registry-port.ts';
import { openServer } from '../support/registry-leases.ts';
import { newIds } from './conversations-under-test.ts';
import type { RegistryUnderTest } from './registry-under-test.ts';

const leaseMs = 10_000;

/** The registrations of servers: entries of conversations, and presence of users. */
export function describeRegisteredInterest(openedOf: () => RegistryUnderTest): void {
  let registry: ConnectionRegistry;
  const [north = '', south = ''] = newIds(2);
  const [large = '', larger = '', unknown = ''] = newIds(3);
  const [ana = '', ben = '', nobody = ''] = newIds(3);

  beforeEach(async () => {
    registry = openedOf().registry;
    for (const serverId of [north, south]) await openServer(registry, serverId, leaseMs);
  });

  const sorted = (lists: Map<string, string[]>) => new Map(Array.from(lists, ([key, list]) => [key, [...list].sort()]));

  describe('interest in conversations', () => {
    test('holds from the call that adds it until it is dropped, and every requested conversation is in the result', async () => {
      await registry.addInterest(north, large);
      await registry.addInterest(north, large);
      await registry.addInterest(south, large);
      await registry.addInterest(south, larger);
      expect(sorted(await registry.interestedServers([large, larger, unknown]))).toEqual(
        new Map([
          [large, [north, south].sort()],
          [larger, [south]],
          [unknown, []],
        ]),
      );
      await registry.dropInterest(south, large);
      await registry.dropInterest(south, unknown);
      expect(sorted(await registry.interestedServers([large, larger]))).toEqual(
        new Map([
          [large, [north]],
          [larger, [south]],
        ]),
      );
    });

    test('counts online members as the sum over servers, the last of each', async () => {
      for (const serverId of [north, south]) await registry.addInterest(serverId, large);
      await registry.setOnlineMembers(north, large, 7);
      await registry.setOnlineMembers(north, large, 3);
      await registry.setOnlineMembers(south, large, 4);
      expect(await registry.onlineMembers([large, unknown])).toEqual(
        new Map([
          [large, 7],
          [unknown, 0],
        ]),
      );
      await registry.addInterest(north, large);
      expect(await registry.onlineMembers([large])).toEqual(new Map([[large, 7]]));
      await registry.dropInterest(south, large);
      expect(await registry.onlineMembers([large])).toEqual(new Map([[large, 3]]));
      await registry.addInterest(south, large);
      expect(await registry.onlineMembers([large])).toEqual(new Map([[large, 3]]));
    });

    test('is needed for a count', async () => {
      await registry.setOnlineMembers(north, large, 5);
      expect(await registry.onlineMembers([large])).toEqual(new Map([[large, 0]]));
      expect(await registry.interestedServers([large])).toEqual(new Map([[large, []]]));
    });
  });

  describe('watching users', () => {
    test('holds from the call that starts it until it is withdrawn, and every requested user is in the result', async () => {
      await registry.watch(north, [ana, ben]);
      await registry.watch(south, [ana]);
      await registry.watch(south, [ana]);
      expect(sorted(await registry.watchersOf([ana, ben, nobody]))).toEqual(
        new Map([
          [ana, [north, south].sort()],
          [ben, [north]],
          [nobody, []],
        ]),
      );
      await registry.unwatch(south, [ana, nobody]);
      await registry.unwatch(north, [ben]);
      expect(await registry.watchersOf([ana, ben])).toEqual(
        new Map([
          [ana, [north]],
          [ben, []],
        ]),
      );
    });

    test('does not depend on whether the user is online', async () => {
      await registry.watch(north, [ana]);
      await registry.connect(south, ana);
      await registry.disconnect(south, ana);
      expect(await registry.watchersOf([ana])).toEqual(new Map([[ana, [north]]]));
    });
  });
}
