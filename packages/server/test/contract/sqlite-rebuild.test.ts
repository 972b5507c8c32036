import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migratedTables } from '../../src/adapters/rows/tables.ts';
import { databaseFile, openDatabase, schemaVersion } from '../../src/adapters/sqlite/database.ts';
import { Export, type ExportedRow } from '../../src/adapters/sqlite/export.ts';
import { lastWithIds, migrations } from '../../src/adapters/sqlite/migrations.ts';
import { pageBytes, rebuild } from '../../src/adapters/sqlite/rebuild.ts';
import { verify } from '../../src/adapters/sqlite/verify.ts';
import { changeToIds } from '../support/form-with-ids.ts';
import { fillSample } from '../verification/sample.ts';
import { ConversationsUnderTest } from './conversations-under-test.ts';
import { sqliteStores } from './sqlite-stores.ts';
import { createUser } from './users-under-test.ts';

const opener = fileURLToPath(new URL('../support/sqlite-opener-process.ts', import.meta.url));

describe('sqlite: a database with ids', () => {
  let folder: string;
  let file: string;
  let rows: Record<string, ExportedRow[]>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-rebuild-'));
    file = join(folder, databaseFile);
    const stores = sqliteStores(folder);
    await fillSample(stores);
    const conversations = new ConversationsUnderTest(stores);
    for (const name of ['many', 'more', 'most']) {
      const { id } = await createUser(stores.users, name);
      const conversation = await conversations.create(id);
      for (let count = 0; count < 20; count++) await conversations.send(conversation, id, `${name} ${count}`);
      await conversations.send(conversation, id, 'repeated', 'a chosen id');
    }
    await stores.close();
    rows = rowsOf(file);
    changeToIds(file);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is converted when it is opened, with every row, into small pages', () => {
    expect(versionOf(file)).toBe(lastWithIds);
    openDatabase(file).close();
    expect(versionOf(file)).toBe(migrations.length);
    expect(rowsOf(file)).toEqual(rows);
    expect(verify(file).faults).toEqual([]);
    const database = new Database(file);
    expect(database.query('PRAGMA page_size').get()).toEqual({ page_size: pageBytes });
    database.close();
    expect(readdirSync(folder).filter((name) => name.includes('rebuilt'))).toEqual([]);
  });

  test('answers a command that is repeated after the conversion with its entry (contract 2)', async () => {
    const stores = sqliteStores(folder);
    const conversations = new ConversationsUnderTest(stores);
    const user = await stores.users.byUsername('most');
    const [own] = (
      await stores.conversations.homepage({ userId: user?.id ?? '', after: null, limit: 1, left: false })
    ).rows.flatMap((row) => (row.kind === 'own' ? [row.conversation] : []));
    const repeated = await conversations.send(own?.head.id ?? '', user?.id ?? '', 'repeated', 'a chosen id');
    expect([repeated.seq, own?.head.headSeq]).toEqual([22, 22]);
    expect((await conversations.send(own?.head.id ?? '', user?.id ?? '', 'new')).seq).toBe(23);
    await stores.close();
    expect(verify(file).faults).toEqual([]);
  });

  test('keeps its former content when the disk has too little room, and says how much is needed', () => {
    const before = readFileSync(file);
    expect(() => rebuild(file, { report: () => undefined, freeBytes: () => 1_000 })).toThrow(
      /which needs [\d,]+ MB more on its disk, and 1 MB are free: make room and start again. Nothing was changed./,
    );
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(folder)).toEqual([databaseFile]);
  });

  test('is converted further where an interrupted conversion stopped, with progress in entries', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const monotonicMs = () => (nowMs += 10_000);
    const stop = new Error('interrupted');
    const interrupted = (line: string) => {
      lines.push(line);
      throw stop;
    };
    const options = { entriesPerStep: 10, monotonicMs };
    const attempts: number[] = [];
    for (let more = true; more && attempts.length < 50; ) {
      try {
        rebuild(file, { ...options, report: interrupted });
        more = false;
      } catch (error) {
        expect(error).toBe(stop);
        attempts.push(statSync(`${file}.rebuilt`).ino);
      }
    }
    const total = rows['entries']?.length ?? 0;
    const steps = Array.from(
      { length: Math.floor(total / 10) },
      (_, index) => `: ${10 * (index + 1)} of ${total} entries`,
    );
    expect(lines.map((line) => /: \d+ of \d+ entries/.exec(line)?.[0])).toEqual(steps);
    expect(new Set(attempts).size).toBe(1);
    expect(statSync(file).ino).toBe(Number(attempts[0]));
    expect(versionOf(file)).toBe(lastWithIds + 1);
    openDatabase(file).close();
    expect(rowsOf(file)).toEqual(rows);
    expect(verify(file).faults).toEqual([]);
  });

  test('that an earlier version changed after an interrupted conversion is converted anew', () => {
    const stop = () => {
      throw new Error('interrupted');
    };
    let nowMs = 0;
    expect(() => rebuild(file, { report: stop, entriesPerStep: 10, monotonicMs: () => (nowMs += 10_000) })).toThrow();
    const former = new Database(file);
    former.run(`UPDATE entries SET text = 'changed' WHERE text = 'many 0'`);
    former.close();
    openDatabase(file).close();
    const texts = rowsOf(file)['entries']?.map(({ text }) => text);
    expect(texts).toContain('changed');
    expect(texts).not.toContain('many 0');
  });

  test('is the former or the new one, complete, after a kill at any moment', async () => {
    for (let changes = 1; changes <= 10; changes++) {
      const child = Bun.spawn([process.execPath, opener, file], { stdio: ['ignore', 'ignore', 'inherit'] });
      let seen = 0;
      const watcher = watch(folder, () => {
        if (++seen === changes * 3) child.kill('SIGKILL');
      });
      await child.exited;
      watcher.close();
      expect(existsSync(file)).toBe(true);
      expect([lastWithIds, lastWithIds + 1, migrations.length]).toContain(versionOf(file));
    }
    openDatabase(file).close();
    expect(rowsOf(file)).toEqual(rows);
    expect(verify(file).faults).toEqual([]);
  });
});

function versionOf(file: string): number {
  // A killed process may have left a journal, which is rolled back when the database is opened for writing.
  const database = new Database(file);
  const version = schemaVersion(database);
  database.close();
  return version;
}

/** The rows that a migration to a cluster copies, in one order. */
function rowsOf(file: string): Record<string, ExportedRow[]> {
  const exported = new Export(file);
  const all = Object.fromEntries(
    migratedTables.map((table) => {
      const order = (row: ExportedRow) => JSON.stringify(table.description.key.map((column) => row[column]));
      const pages = [...exported.pages(table)].flat();
      return [table.name, pages.toSorted((a, b) => (order(a) < order(b) ? -1 : 1))];
    }),
  );
  exported.close();
  return all;
}
