import { beforeEach, describe, expect, test } from 'bun:test';
import { systemIds } from '../../src/platform/ids.ts';
import type { UserStore } from '../../src/users/users-port.ts';

export function describeDevices(usersOf: () => UserStore): void {
  describe('known devices', () => {
    const [ana, ben] = [systemIds.uuid(), systemIds.uuid()];
    let users: UserStore;

    beforeEach(() => {
      users = usersOf();
    });

    const keep = (secretHash: string, usedAtMs = 1_000, userId = ana) =>
      users.keepDevice({ userId, secretHash, usedAtMs }, 3);
    const knownOf = async (userId: string, hashes: string[]) =>
      Promise.all(hashes.map((hash) => users.knownDevice(userId, [hash])));

    test('are found among several secrets, for their own user only', async () => {
      await keep('phone');
      await keep('laptop', 1_000, ben);
      expect(await users.knownDevice(ana, ['other', 'phone'])).toBe('phone');
      expect(await users.knownDevice(ana, ['other', 'laptop'])).toBeUndefined();
      expect(await users.knownDevice(systemIds.uuid(), ['phone'])).toBeUndefined();
      expect(await users.knownDevice(ana, [])).toBeUndefined();
    });

    test('are bounded in number: the least recently used ones are deleted first', async () => {
      await keep('a', 1_000);
      await keep('b', 2_000);
      await keep('c', 3_000);
      await keep('a', 4_000);
      await keep('d', 500);
      expect(await knownOf(ana, ['a', 'b', 'c', 'd'])).toEqual(['a', undefined, 'c', 'd']);
    });

    test('of one user are deleted one by one, or all but some', async () => {
      await keep('a');
      await keep('b');
      await keep('c');
      await keep('laptop', 1_000, ben);
      await users.forgetDevice(ana, 'a');
      await users.forgetDevice(ana, 'laptop');
      expect(await knownOf(ana, ['a', 'b', 'c'])).toEqual([undefined, 'b', 'c']);
      await users.forgetDevices(ana, ['c', 'never there']);
      expect(await knownOf(ana, ['b', 'c'])).toEqual([undefined, 'c']);
      await users.forgetDevices(ana, []);
      expect(await knownOf(ana, ['c'])).toEqual([undefined]);
      expect(await knownOf(ben, ['laptop'])).toEqual(['laptop']);
    });
  });
}
