import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InputOf, type OperationId, Problem } from '@parley/protocol';
import fc from 'fast-check';
import { databaseFile } from '../../src/adapters/sqlite/database.ts';
import { verifyOpened } from '../../src/adapters/sqlite/verify.ts';
import { Unusable } from '../../src/platform/failures.ts';
import { systemIds, tokenHash } from '../../src/platform/ids.ts';
import { sqliteStores } from '../contract/sqlite-stores.ts';
import { type ApiUnderTest, requestFor, startApi } from '../gateway/api-under-test.ts';
import { fillAmendments, fillBans, fillSample } from '../verification/sample.ts';
import { fuzzed } from './parameters.ts';

let folder: string;
let sound: string;
let cells: { table: string; column: string; rowCount: number }[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-rows-'));
  const stores = sqliteStores(folder);
  await fillSample(stores);
  await fillAmendments(stores);
  await fillBans(stores);
  await stores.totals.rebuild();
  await stores.close();
  sound = join(folder, databaseFile);
  const database = new Database(sound);
  cells = cellsOf(database);
  database.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function cellsOf(database: Database): typeof cells {
  const names = database
    .query<{ name: string }, []>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
    .all();
  return names.flatMap(({ name: table }) => {
    const [{ rowCount = 0 } = {}] = database
      .query<{ rowCount: number }, []>(`SELECT count(*) AS rowCount FROM ${table}`)
      .all();
    const columns = database.query<{ name: string }, []>(`PRAGMA table_info(${table})`).all();
    return rowCount === 0 ? [] : columns.map(({ name }) => ({ table, column: name, rowCount }));
  });
}

interface Change {
  cell: number;
  row: number;
  value: string | number | null;
}

const value = fc.constantFrom<Change['value']>(
  ...[null, '', 'x', '{}', '[]', 'null', '{"', '7', '\ud800', 'a\0b', '__proto__', 'x'.repeat(100_000)],
  ...[0, 1, -1, 2 ** 53, -(2 ** 62), 1e15],
);
const changes = fc.array(fc.record({ cell: fc.nat(10_000), row: fc.nat(100), value }), { minLength: 1, maxLength: 3 });

/** Applies those changes that the database itself does not refuse. */
function apply(database: Database, made: readonly Change[]): void {
  for (const { cell, row, value } of made) {
    const { table, column, rowCount } = cells[cell % cells.length] ?? { table: '', column: '', rowCount: 1 };
    try {
      const position = `SELECT ${column} AS old FROM ${table} LIMIT 1 OFFSET ${row % rowCount}`;
      const old = database.query<{ old: string | number | null }, []>(position).get()?.old ?? null;
      database.query(`UPDATE ${table} SET ${column} = ? WHERE ${column} IS ?`).run(value, old);
    } catch (error) {
      if (!/constraint|cannot store|mismatch/.test(String(error))) throw error;
    }
  }
}

test('verification of a database with any changed rows ends with a list of faults', () => {
  const copy = join(folder, 'copy.db');
  copyFileSync(sound, copy);
  const database = new Database(copy, { strict: true });
  expect(verifyOpened(database).faults).toEqual([]);
  let faultyCount = 0;
  fc.assert(
    fc.property(changes, (made) => {
      database.run('BEGIN');
      try {
        apply(database, made);
        const { faults } = verifyOpened(database);
        if (faults.length > 0) faultyCount++;
        for (const fault of faults) expect(fault).not.toBeEmpty();
      } finally {
        database.run('ROLLBACK');
      }
    }),
    fuzzed(150),
  );
  database.close();
  expect(faultyCount).toBeGreaterThan(50);
});

test('a server on a database with any changed rows refuses to start, or answers every request', async () => {
  let number = 0;
  await fc.assert(
    fc.asyncProperty(changes, async (made) => {
      const data = join(folder, `server-${number++}`);
      mkdirSync(data);
      copyFileSync(sound, join(data, databaseFile));
      const database = new Database(join(data, databaseFile), { strict: true });
      apply(database, made);
      database.close();
      const api = await startApi({ settings: { data } }).catch((error: unknown) => {
        if (error instanceof Unusable) return null;
        throw error;
      });
      try {
        if (api) await askEverything(api);
      } finally {
        await api?.close();
      }
    }),
    fuzzed(25),
  );
});

/** Requests that read every table, as each of the users. */
async function askEverything(api: ApiUnderTest): Promise<void> {
  for (const user of await api.adapters.users.list({ prefix: '', after: null, limit: 10 })) {
    const token = systemIds.token();
    const times = { createdAtMs: Date.now(), lastUsedAtMs: Date.now() };
    const session = { id: systemIds.uuid(), userId: user.id, device: null, ...times };
    await api.adapters.users.createSession(session, tokenHash(token));
    const ask = async <Id extends OperationId>(id: Id, input: InputOf<Id>) => {
      const { path, init } = requestFor(id, input, token);
      const answer = await api.fetch(path, init);
      const content: unknown = answer.status === 204 ? null : await answer.json();
      if (answer.status >= 400) Problem.parse(content);
      return answer.status === 200 ? (content as { conversations?: { id: string }[] }) : {};
    };
    const { conversations = [] } = await ask('getHomepage', {});
    for (const { id: conversationId } of conversations.slice(0, 4)) {
      await ask('getHistory', { conversationId });
      await ask('getChanges', { conversationId, after: 0 });
      await ask('listMembers', { conversationId });
      await ask('listPins', { conversationId });
      await ask('listBans', { conversationId });
      await ask('sendMessage', { conversationId, clientMessageId: 'after', text: 'after' });
    }
    await ask('userSearch', { q: 'a' });
    await ask('channelSearch', { q: 'h' });
    await ask('getReadPositions', { after: 0 });
    await ask('listAccounts', {});
    await ask('getSettings', {});
    await ask('listSessions', {});
  }
}
