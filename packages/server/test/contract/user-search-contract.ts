import { beforeEach, describe, expect, test } from 'bun:test';
import type { SearchPosition } from '../../src/platform/search-position.ts';
import { searchPrefixes } from '../../src/platform/search-terms.ts';
import type { UserStore } from '../../src/users/users-port.ts';
import { createUser } from './users-under-test.ts';

export function describeUserSearch(usersOf: () => UserStore): void {
  describe('search', () => {
    let users: UserStore;

    beforeEach(() => {
      users = usersOf();
    });

    const found = (query: string, after: SearchPosition | null = null, limit = 100) =>
      users.search({ prefixes: query === '' ? [''] : searchPrefixes(query), after, limit });
    const names = async (query: string) => (await found(query)).map(({ user }) => user.username);

    test('finds users by username and by each word of the display name, ignoring case and accents', async () => {
      await createUser(users, 'zoe', 'Élodie Durand');
      await createUser(users, 'Elo', 'Somebody');
      await createUser(users, 'max', 'Max Müller-Elorza');
      expect(await names('ÉLO')).toEqual(['Elo', 'zoe', 'max']);
      expect(await names('mull')).toEqual(['max']);
      expect(await names('lodie')).toEqual([]);
    });

    test('finds each user once, under the first matching term', async () => {
      await createUser(users, 'anabel', 'Ana Anabel Analena');
      expect((await found('ana')).map(({ term }) => term)).toEqual(['ana anabel analena']);
    });

    test('does not find disabled users, and finds them once enabled again', async () => {
      const ana = await createUser(users, 'ana');
      await users.setDisabled(ana.id, true);
      expect(await names('ana')).toEqual([]);
      await users.setDisabled(ana.id, false);
      expect(await names('ana')).toEqual(['ana']);
    });

    test('uses the current display name', async () => {
      const ana = await createUser(users, 'ana', 'Before');
      await users.update(ana.id, { displayName: 'After' });
      expect([await names('before'), await names('after')]).toEqual([[], ['ana']]);
    });

    test('pages by (term, id) without gaps or duplicates while users sign up', async () => {
      const made: string[] = [];
      for (let index = 0; index < 9; index++) made.push((await createUser(users, `p${index}`, 'Pat')).id);
      const seen: string[] = [];
      let page = await found('p', null, 2);
      for (let round = 0; page.length > 0; round++) {
        seen.push(...page.map(({ user }) => user.id));
        if (round < 4) await createUser(users, `late${round}`, 'Paula');
        const last = page.at(-1);
        page = last ? await found('p', { term: last.term, id: last.user.id }, 2) : [];
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining(made));
    });
  });

  describe('list', () => {
    test('lists all users, also disabled ones, by lower-case username', async () => {
      const users = usersOf();
      for (const username of ['ben', 'Ana', 'Cleo', 'anabel']) await createUser(users, username);
      await users.setDisabled((await users.byUsername('ben'))?.id ?? '', true);
      const names = async (prefix: string, after: string | null, limit = 10) =>
        (await users.list({ prefix, after, limit })).map((user) => user.username);
      expect(await names('', null)).toEqual(['Ana', 'anabel', 'ben', 'Cleo']);
      expect(await names('', 'ana', 2)).toEqual(['anabel', 'ben']);
      expect(await names('ana', null)).toEqual(['Ana', 'anabel']);
      expect(await names('ana', 'ana')).toEqual(['anabel']);
      expect(await names('b', 'ana')).toEqual(['ben']);
      expect(await names('', 'cleo')).toEqual([]);
    });
  });
}
