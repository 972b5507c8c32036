import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { searchPrefixes } from '../../src/platform/search-terms.ts';
import type { RefreshableTerms } from '../../src/process/terms-refresh.ts';
import { withoutService } from '../support/services.ts';
import { type AdapterUnderTest, runContract } from './adapter-under-test.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import { emptyDatabase } from './postgres-under-test.ts';
import { type Stores, sqliteStores } from './sqlite-stores.ts';
import { createUser } from './users-under-test.ts';

type Kind = 'user' | 'channel';

interface Opened extends Pick<Stores, 'users' | 'conversations' | 'history' | 'close'> {
  /** Writes exactly the terms that a server of the previous version writes. */
  writeAsBefore(kind: Kind, id: string, terms: readonly string[]): Promise<unknown>;
}

const tables = { user: ['user_terms', 'user_id'], channel: ['channel_terms', 'conversation_id'] } as const;

async function openSqlite(): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-terms-'));
  const stores = sqliteStores(folder);
  const { database } = stores.writes;
  return {
    ...stores,
    async writeAsBefore(kind, id, terms) {
      const [table, column] = tables[kind];
      database.run(`DELETE FROM ${table} WHERE ${column} = ?`, [id]);
      for (const term of terms) database.run(`INSERT INTO ${table} VALUES (?, ?)`, [term, id]);
    },
    async close() {
      await stores.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function openPostgres(): Promise<Opened> {
  const database = await emptyDatabase();
  return {
    ...postgresStores(database),
    writeAsBefore: (kind, id, terms) => {
      const [table, column] = tables[kind];
      return database.at(id, async (sql, shard) => {
        await sql`DELETE FROM ${sql(table)} WHERE shard = ${shard} AND ${sql(column)} = ${id}`;
        await sql`INSERT INTO ${sql(table)} SELECT ${shard}, ${id}, unnest(${[...terms]}::text[])`;
      });
    },
    close: async () => undefined,
  };
}

const withoutPostgres = withoutService('postgres');
const adapters: AdapterUnderTest<Opened>[] = [
  { name: 'sqlite', open: openSqlite },
  { name: 'postgres', ...(withoutPostgres !== null && { absent: withoutPostgres }), open: openPostgres },
];

/** Refreshes a whole store; returns the number of steps. */
async function refreshAll(store: RefreshableTerms, limit: number): Promise<number> {
  let steps = 1;
  for (let after = await store.refreshTerms(null, limit); after !== null; steps++) {
    after = await store.refreshTerms(after, limit);
  }
  return steps;
}

runContract(adapters, (name, open) => {
  describe(`search terms of the previous version on ${name}`, () => {
    let opened: Opened;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    const people = async (query: string) => {
      const found = await opened.users.search({ prefixes: searchPrefixes(query), after: null, limit: 100 });
      return found.map(({ user }) => user.username);
    };
    /** Searches as a server of the previous version does. */
    const peopleAsBefore = async (prefix: string) => {
      const found = await opened.users.search({ prefixes: [prefix], after: null, limit: 100 });
      return found.map(({ user }) => user.username);
    };
    const channels = async (query: string) => {
      const found = await opened.conversations.searchChannels({
        prefixes: searchPrefixes(query),
        after: null,
        limit: 100,
      });
      return found.map(({ head }) => head.name);
    };

    test('are found until they are rewritten, and then by the new folding', async () => {
      const { id } = await createUser(opened.users, 'lk', 'Łukasz O’Brien');
      await opened.writeAsBefore('user', id, ['lk', 'łukasz o’brien', 'o’brien']);
      expect([await people('Łuk'), await people('O’Br'), await people('lukasz')]).toEqual([['lk'], ['lk'], []]);
      await refreshAll(opened.users, 10);
      expect([await people('Łuk'), await people("o'br"), await people('LUKASZ'), await people('brien')]).toEqual(
        Array.from({ length: 4 }, () => ['lk']),
      );
    });

    test('of channels too', async () => {
      const conversations = new ConversationsUnderTest(opened);
      const id = await conversations.createChannel(systemIds.uuid(), 'Groß (Support)');
      await opened.writeAsBefore('channel', id, ['groß (support)', '(support)']);
      expect([await channels('groß'), await channels('support')]).toEqual([['Groß (Support)'], []]);
      await refreshAll(opened.conversations, 10);
      expect([await channels('GROSS'), await channels('support'), await channels('(sup')]).toEqual(
        Array.from({ length: 3 }, () => ['Groß (Support)']),
      );
      const all = await opened.conversations.searchChannels({ prefixes: [''], after: null, limit: 100 });
      expect(all.map(({ head }) => head.id)).toEqual([id]);
    });

    test('are still written, for servers of the previous version', async () => {
      const { id } = await createUser(opened.users, 'lk', 'Łukasz');
      expect(await peopleAsBefore('łuk')).toEqual(['lk']);
      await opened.writeAsBefore('user', id, ['lk', 'łukasz']);
      await refreshAll(opened.users, 10);
      expect(await peopleAsBefore('łuk')).toEqual(['lk']);
      await opened.users.update(id, { displayName: 'Jean-Luc' });
      expect([await peopleAsBefore('jean-l'), await peopleAsBefore('łuk')]).toEqual([['lk'], []]);
    });

    test('are rewritten in bounded steps that continue where they ended', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 25; index++)
        ids.push((await createUser(opened.users, `p${index}`, `Ød ${index}`)).id);
      for (const [index, id] of ids.entries()) await opened.writeAsBefore('user', id, [`p${index}`, `ød ${index}`]);
      let after = await opened.users.refreshTerms(null, 5);
      const early = (await people('od')).length;
      expect(early).toBeLessThan(25);
      while (after !== null) after = await opened.users.refreshTerms(after, 5);
      expect((await people('od')).length).toBe(25);
      expect(await refreshAll(opened.users, 5)).toBeGreaterThanOrEqual(5);
    });

    test('that the previous version writes later are rewritten by the next run', async () => {
      const { id } = await createUser(opened.users, 'lk', 'Lukas');
      await refreshAll(opened.users, 10);
      await opened.users.update(id, { displayName: 'Łukasz' });
      await opened.writeAsBefore('user', id, ['lk', 'łukasz']);
      await refreshAll(opened.users, 10);
      expect([await people('lukasz'), await people('lukas')]).toEqual([['lk'], ['lk']]);
    });

    test('return each user once over all pages, whichever folding matches', async () => {
      const made: string[] = [];
      for (let index = 0; index < 12; index++) {
        const { id, username } = await createUser(opened.users, `x${index}`, `Łu ${index}`);
        if (index % 2 === 0) await opened.writeAsBefore('user', id, [username, `łu ${index}`]);
        made.push(username);
      }
      const seen: string[] = [];
      let after: { term: string; id: string } | null = null;
      do {
        const page = await opened.users.search({ prefixes: searchPrefixes('Łu'), after, limit: 5 });
        seen.push(...page.map(({ user }) => user.username));
        const last = page.at(-1);
        after = last ? { term: last.term, id: last.user.id } : null;
      } while (after);
      expect(seen.toSorted()).toEqual(made.toSorted());
    });

    test('of a user who is renamed at the same time are those of the new name', async () => {
      const { id } = await createUser(opened.users, 'lk', 'Łukasz');
      for (let round = 0; round < 20; round++) {
        await opened.writeAsBefore('user', id, ['lk', 'old name']);
        await Promise.all([
          refreshAll(opened.users, 10),
          opened.users.update(id, { displayName: `Name${round}` }),
          refreshAll(opened.users, 10),
        ]);
        expect([await people(`name${round}`), await people('łukasz'), await people(`name${round - 1}`)]).toEqual([
          ['lk'],
          [],
          [],
        ]);
      }
    });
  });
});
