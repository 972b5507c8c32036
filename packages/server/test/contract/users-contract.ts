import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { systemIds } from '../../src/platform/ids.ts';
import type { UserRecord, UserStore } from '../../src/users/users-port.ts';
import { describeDevices } from './devices-contract.ts';
import { describeSessions } from './sessions-contract.ts';
import type { Stores } from './sqlite-stores.ts';
import { describeUserSearch } from './user-search-contract.ts';
import { createUser, newUser } from './users-under-test.ts';

export function describeUsersContract(name: string, open: () => Promise<Stores>): void {
  describe(`users on ${name}`, () => {
    let stores: Stores;
    let users: UserStore;

    beforeEach(async () => {
      stores = await open();
      users = stores.users;
    });
    afterEach(() => stores.close());

    describeSessions(() => users);
    describeDevices(() => users);
    describeUserSearch(() => users);

    describe('create', () => {
      test('returns what every later read returns', async () => {
        const wanted = newUser('Ana.B', { administrator: true });
        const created = await users.create(wanted);
        expect(created).toEqual({ ...wanted.user, administrator: true, disabled: false });
        expect(await users.byId(wanted.user.id)).toEqual(created as UserRecord);
        expect(await users.byUsername('aNA.b')).toEqual(created as UserRecord);
      });

      test('assigns a username once regardless of case, also to concurrent calls', async () => {
        const spellings = ['ana', 'Ana', 'ANA', 'aNa'];
        const outcomes = await Promise.all(spellings.map((username) => users.create(newUser(username))));
        expect(outcomes.filter((outcome) => outcome === 'username_taken')).toHaveLength(3);
        expect(await users.create(newUser('anA'))).toBe('username_taken');
      });

      test('makes exactly one of several concurrent first users an administrator', async () => {
        const names = ['ana', 'ben', 'cleo'];
        const created = await Promise.all(
          names.map((username) => users.create(newUser(username, { administrator: 'when_first' }))),
        );
        expect(created.filter((user) => typeof user === 'object' && user.administrator)).toHaveLength(1);
        const later = await users.create(newUser('dan', { administrator: 'when_first' }));
        expect(later).toMatchObject({ administrator: false });
      });

      test('consumes each use of an invitation once, also in concurrent calls', async () => {
        await users.createInvitation({ tokenHash: 'token', uses: 2, expiresAtMs: 2_000, createdBy: null });
        const invitation = { tokenHash: 'token', atMs: 1_999 };
        const names = ['ana', 'ben', 'cleo', 'dan'];
        const outcomes = await Promise.all(names.map((username) => users.create(newUser(username, { invitation }))));
        expect(outcomes.filter((outcome) => outcome === 'invalid_invitation')).toHaveLength(2);
        expect(await users.create(newUser('eve', { invitation }))).toBe('invalid_invitation');
      });

      test('does not reveal with an invalid invitation whether a username is taken', async () => {
        await createUser(users, 'ana');
        const invitation = { tokenHash: 'unknown', atMs: 2_000 };
        for (const username of ['ana', 'free']) {
          expect(await users.create(newUser(username, { invitation }))).toBe('invalid_invitation');
        }
      });

      test('refuses an unknown or expired invitation, and creates no user', async () => {
        await users.createInvitation({ tokenHash: 'token', uses: 2, expiresAtMs: 2_000, createdBy: null });
        for (const invitation of [
          { tokenHash: 'other', atMs: 1_000 },
          { tokenHash: 'token', atMs: 2_000 },
        ]) {
          expect(await users.create(newUser('ana', { invitation }))).toBe('invalid_invitation');
        }
        expect(await users.byUsername('ana')).toBeUndefined();
        expect(await users.isEmpty()).toBe(true);
      });

      test('that fails consumes nothing (all or nothing)', async () => {
        const ana = await createUser(users, 'ana');
        await users.createInvitation({ tokenHash: 'token', uses: 1, expiresAtMs: 2_000, createdBy: ana.id });
        const invitation = { tokenHash: 'token', atMs: 1_000 };
        expect(await users.create(newUser('ana', { invitation }))).toBe('username_taken');
        const sameId = newUser('ben', { invitation });
        await expect(users.create({ ...sameId, user: { ...sameId.user, id: ana.id } })).rejects.toThrow();
        expect(await users.byUsername('ben')).toBeUndefined();
        expect(await users.create(newUser('ben', { invitation }))).toMatchObject({ username: 'ben' });
      });
    });

    test('isEmpty until there is a user', async () => {
      expect(await users.isEmpty()).toBe(true);
      await createUser(users, 'ana');
      expect(await users.isEmpty()).toBe(false);
    });

    test('byIds keeps the order, without those that do not exist', async () => {
      const [ana, ben] = [await createUser(users, 'ana'), await createUser(users, 'ben')];
      const nobody = systemIds.uuid();
      expect(await users.byIds([ben.id, nobody, ana.id])).toEqual([ben, ana]);
      expect(await users.byIds([])).toEqual([]);
      expect([await users.byId(nobody), await users.byUsername('nobody')]).toEqual([undefined, undefined]);
    });

    test('no text but the username itself finds a user by username', async () => {
      await createUser(users, 'ana');
      for (const text of ['', 'ana\0', '\0ana', 'an\0a', '\ud800', 'ana ', 'a\u0301na', '%', 'ana\\', "ana'"]) {
        expect([text, await users.byUsername(text)]).toEqual([text, undefined]);
      }
    });

    describe('update', () => {
      test('changes only the named fields, and returns the whole user', async () => {
        const [ana, ben] = [await createUser(users, 'ana'), await createUser(users, 'ben')];
        expect(await users.update(ana.id, { displayName: 'Ana B.' })).toEqual({ ...ana, displayName: 'Ana B.' });
        const updated = await users.update(ana.id, { passwordHash: 'other' });
        expect(updated).toEqual({ ...ana, displayName: 'Ana B.', passwordHash: 'other' });
        expect(await users.byIds([ana.id, ben.id])).toEqual([updated as UserRecord, ben]);
      });

      test('loses none of several concurrent changes', async () => {
        const ana = await createUser(users, 'ana');
        await Promise.all([users.update(ana.id, { displayName: 'A.' }), users.update(ana.id, { passwordHash: 'b' })]);
        expect(await users.byId(ana.id)).toEqual({ ...ana, displayName: 'A.', passwordHash: 'b' });
      });

      test('of a missing user is undefined', async () => {
        expect(await users.update(systemIds.uuid(), { displayName: 'Nobody' })).toBeUndefined();
      });
    });

    describe('setDisabled', () => {
      const administrator = async (username: string) =>
        (await users.create(newUser(username, { administrator: true }))) as UserRecord;

      test('disables and enables again, and returns the whole user', async () => {
        const ana = await createUser(users, 'ana');
        expect(await users.setDisabled(ana.id, true)).toEqual({ ...ana, disabled: true });
        expect(await users.byId(ana.id)).toEqual({ ...ana, disabled: true });
        expect(await users.setDisabled(ana.id, false)).toEqual(ana);
        expect(await users.setDisabled(systemIds.uuid(), true)).toBeUndefined();
      });

      test('refuses the last administrator who is not disabled, and changes nothing', async () => {
        const [ana, ben] = [await administrator('ana'), await administrator('ben')];
        await createUser(users, 'cleo');
        expect(await users.setDisabled(ben.id, true)).toEqual({ ...ben, disabled: true });
        expect(await users.setDisabled(ana.id, true)).toBe('last_administrator');
        expect(await users.byId(ana.id)).toEqual(ana);
        await users.setDisabled(ben.id, false);
        expect(await users.setDisabled(ana.id, true)).toEqual({ ...ana, disabled: true });
      });

      test('leaves one of several administrators who are disabled concurrently', async () => {
        const names = ['ana', 'ben', 'cleo', 'dan'];
        const made = await Promise.all(names.map(administrator));
        const outcomes = await Promise.all(made.map(({ id }) => users.setDisabled(id, true)));
        expect(outcomes.filter((outcome) => outcome === 'last_administrator')).toHaveLength(1);
        const left = await users.byIds(made.map(({ id }) => id));
        expect(left.filter(({ disabled }) => !disabled)).toHaveLength(1);
      });
    });
  });
}
