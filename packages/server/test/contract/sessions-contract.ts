import { beforeEach, describe, expect, test } from 'bun:test';
import { systemIds } from '../../src/platform/ids.ts';
import type { SessionRecord, UserRecord, UserStore } from '../../src/users/users-port.ts';
import { createUser } from './users-under-test.ts';

export function describeSessions(usersOf: () => UserStore): void {
  describe('sessions', () => {
    let users: UserStore;
    let ana: UserRecord;
    let begun: Map<string, SessionRecord>;

    beforeEach(async () => {
      users = usersOf();
      ana = await createUser(users, 'ana');
      begun = new Map();
    });

    async function begin(tokenHash: string, user = ana, createdAtMs = 1_000): Promise<SessionRecord> {
      const session = {
        id: systemIds.uuid(),
        userId: user.id,
        device: 'phone',
        createdAtMs,
        lastUsedAtMs: createdAtMs,
      };
      await users.createSession(session, tokenHash);
      begun.set(tokenHash, session);
      return session;
    }
    /** Whether the session exists, by every way to look it up. */
    async function isOpen(tokenHash: string): Promise<boolean> {
      const isFound = (await users.sessionByToken(tokenHash)) !== undefined;
      const session = begun.get(tokenHash);
      if (session) {
        expect(await users.hasSession(session.userId, session.id)).toBe(isFound);
        expect((await users.sessionIds([session.userId])).has(session.id)).toBe(isFound);
      }
      return isFound;
    }

    test('are found by their token, with the current user', async () => {
      const session = await begin('token');
      expect(await users.sessionByToken('token')).toEqual({ session, user: ana });
      const updated = await users.update(ana.id, { displayName: 'Other' });
      expect((await users.sessionByToken('token'))?.user).toEqual(updated as UserRecord);
      expect(await users.sessionByToken('another')).toBeUndefined();
    });

    test('of a disabled user are not found until the user is enabled again', async () => {
      await begin('token');
      await users.setDisabled(ana.id, true);
      expect(await isOpen('token')).toBe(false);
      await users.setDisabled(ana.id, false);
      expect(await isOpen('token')).toBe(true);
    });

    test('are listed for each user, newest first', async () => {
      const ben = await createUser(users, 'ben');
      const old = await begin('old', ana, 1_000);
      const newest = await begin('newest', ana, 3_000);
      const middle = await begin('middle', ana, 2_000);
      const bens = await begin('ben', ben);
      expect(await users.sessions(ana.id)).toEqual([newest, middle, old]);
      expect(await users.sessions(ben.id)).toEqual([bens]);
    });

    test('record their use', async () => {
      const session = await begin('token');
      await users.touchSession(session.userId, session.id, 60_000);
      expect(await users.sessions(ana.id)).toEqual([{ ...session, lastUsedAtMs: 60_000 }]);
    });

    test('one can be ended once, by its own user only', async () => {
      const ben = await createUser(users, 'ben');
      const session = await begin('token');
      await begin('other');
      expect(await users.revokeSession(ben.id, session.id)).toBe(false);
      expect(await isOpen('token')).toBe(true);
      const both = await Promise.all([1, 2].map(() => users.revokeSession(ana.id, session.id)));
      expect(both.sort()).toEqual([false, true]);
      expect([await isOpen('token'), await isOpen('other')]).toEqual([false, true]);
    });

    test('all but one can be ended, and the ended ones are returned', async () => {
      const ben = await createUser(users, 'ben');
      const keep = await begin('keep');
      const [first, second] = [await begin('first'), await begin('second')];
      await begin('ben', ben);
      expect((await users.revokeSessions(ana.id, keep.id)).sort()).toEqual([first.id, second.id].sort());
      expect(await users.revokeSessions(ana.id, null)).toEqual([keep.id]);
      expect(await users.revokeSessions(ana.id, null)).toEqual([]);
      expect([await isOpen('keep'), await isOpen('ben')]).toEqual([false, true]);
    });

    test('are bounded in number for each user: the least recently used ones end first, never the named one', async () => {
      const ben = await createUser(users, 'ben');
      await begin('ben', ben);
      const made = [];
      for (const [index, token] of ['a', 'b', 'c', 'd'].entries()) made.push(await begin(token, ana, 1_000 + index));
      const [a, b, c, d] = made.map(({ id }) => id) as [string, string, string, string];
      await users.touchSession(ana.id, b, 60_000);
      expect(await users.endOldestSessions(ana.id, a, 4)).toEqual([]);
      expect((await users.endOldestSessions(ana.id, a, 2)).sort()).toEqual([c, d].sort());
      expect(await Promise.all(['a', 'b', 'c', 'd', 'ben'].map(isOpen))).toEqual([true, true, false, false, true]);
    });

    test('that were not used for long end in bounded steps, and no others', async () => {
      const tokens = Array.from({ length: 7 }, (_, index) => `token ${index}`);
      for (const [index, token] of tokens.entries()) {
        const user = await createUser(users, `person${index}`);
        await begin(`used ${token}`, user, 2_000);
        await begin(token, user, 1_999);
      }
      const touched = (await users.sessionByToken('token 3'))?.session;
      if (touched) await users.touchSession(touched.userId, touched.id, 5_000);
      let steps = 0;
      for (let after: string | null = null; ; steps++) {
        after = await users.endUnusedSessions({ usedSinceMs: 2_000, after, limit: 2 });
        if (after === null) break;
        expect(steps).toBeLessThan(1_000);
      }
      expect(await Promise.all(tokens.map(isOpen))).toEqual(tokens.map((token) => token === 'token 3'));
      expect(await Promise.all(tokens.map((token) => isOpen(`used ${token}`)))).toEqual(tokens.map(() => true));
    });
  });
}
