import { Database, SQLiteError } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { GroupCommit } from '../../src/adapters/sqlite/group-commit.ts';
import { Unavailable, Unwritable } from '../../src/platform/failures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';

/** Syncs at once, unless a test delays it. */
class DiskUnderTest {
  heldUp = false;
  closed = false;
  onSync: () => void = () => undefined;
  readonly syncs: PromiseWithResolvers<void>[] = [];

  sync(): Promise<void> {
    const sync = Promise.withResolvers<void>();
    this.syncs.push(sync);
    this.onSync();
    if (!this.heldUp) sync.resolve();
    return sync.promise;
  }

  close(): void {
    this.closed = true;
  }
}

describe('sqlite: group commit', () => {
  let writes: GroupCommit;
  let disk: DiskUnderTest;
  let clock: FakeClock;
  let told: string[];

  beforeEach(() => {
    disk = new DiskUnderTest();
    clock = new FakeClock();
    told = [];
    const events = {
      lost: (reason: string) => told.push(reason),
      regained: (afterMs: number) => told.push(`regained after ${afterMs} ms`),
    };
    writes = new GroupCommit(openDatabase(':memory:'), { disk, clock, events });
    writes.database.run('CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL DEFAULT "")');
  });
  afterEach(() => {
    writes.database.close();
  });

  const note = (number: number, text = '') =>
    writes.run(() => {
      writes.database.query('INSERT INTO notes VALUES (?, ?)').run(number, text);
      return number;
    });
  const notes = () =>
    writes.database
      .query<{ number: number }, []>('SELECT number FROM notes ORDER BY number')
      .all()
      .map((row) => row.number);
  /** Resolves after the commit that requested this sync, and everything that it did at once. */
  const synced = (count: number) => until(`${count} syncs were asked for`, () => disk.syncs.length >= count);
  const large = (number: number) => note(number, 'x'.repeat(100_000));
  /** Limits the database to its current pages, or removes the limit. */
  function diskOfPages(): { full(): void; room(): void } {
    const pages = writes.database.query<{ page_count: number }, []>('PRAGMA page_count').get()?.page_count ?? 0;
    const limit = (count: number) => writes.database.run(`PRAGMA max_page_count = ${count}`);
    return { full: () => limit(pages), room: () => limit(1_000_000) };
  }
  /** Records, in order, the statements about transactions, the syncs, and what a test adds to `happened`. */
  function watch(): { happened: string[]; stop(): void } {
    const happened: string[] = [];
    const spies = ['BEGIN IMMEDIATE', 'SAVEPOINT one', 'RELEASE one', 'ROLLBACK', 'COMMIT'].map((sql) => {
      // The database returns one statement object for the same text, however often it is prepared.
      const statement = writes.database.query(sql);
      const run = statement.run.bind(statement);
      return spyOn(statement, 'run').mockImplementation((...bindings) => {
        const changes = run(...bindings);
        happened.push(sql);
        return changes;
      });
    });
    disk.onSync = () => happened.push('sync');
    const stop = () => {
      for (const spy of spies) spy.mockRestore();
    };
    return { happened, stop };
  }

  test('runs the writes of one turn in one transaction, and resolves none before the sync (contract 1)', async () => {
    disk.heldUp = true;
    const { happened, stop } = watch();
    const written = [1, 2, 3].map(async (number) => happened.push(`told ${await note(number)}`));
    expect(happened).toEqual([]);
    const transaction = ['BEGIN IMMEDIATE', 'COMMIT', 'sync'];
    await synced(1);
    happened.push('on disk');
    disk.syncs[0]?.resolve();
    await Promise.all(written);
    stop();
    expect(happened).toEqual([...transaction, 'on disk', 'told 1', 'told 2', 'told 3']);
  });

  test('shows readers nothing that is not synced (contract 3)', async () => {
    const shown: (number[] | string)[] = [];
    const read = async () => shown.push(await writes.read(notes));
    await note(1);
    await read();
    disk.heldUp = true;
    const written = [note(2)];
    await synced(2);
    const second = read();
    // A reader that could see the entry too early would get it before the next commit.
    written.push(note(3));
    await synced(3);
    shown.push('the second is on disk');
    disk.syncs[1]?.resolve();
    await second;
    const third = read();
    written.push(note(4));
    await synced(4);
    shown.push('the third is on disk');
    disk.syncs[2]?.resolve();
    await third;
    disk.syncs[3]?.resolve();
    await Promise.all(written);
    expect(shown).toEqual([[1], 'the second is on disk', [1, 2], 'the third is on disk', [1, 2, 3]]);
    await read();
  });

  test('writes that arrive while others resolve are in the next transaction', async () => {
    const { happened, stop } = watch();
    await note(1).then(() => note(2));
    stop();
    expect(happened.filter((each) => each === 'COMMIT')).toHaveLength(2);
    expect(notes()).toEqual([1, 2]);
  });

  test('rolls back only the write that throws, and keeps the others of its transaction', async () => {
    const fault = new Error('in the midst of it');
    const outcomes = await Promise.allSettled([
      note(1),
      writes.run(() => {
        writes.database.run('INSERT INTO notes (number) VALUES (2)');
        throw fault;
      }),
      note(1),
      note(3),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: fault });
    expect(outcomes[2]).toMatchObject({ reason: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } });
    expect(notes()).toEqual([1, 3]);
  });

  test('needs savepoints only when one of several writes throws', async () => {
    const { happened, stop } = watch();
    await Promise.allSettled([note(1), note(2)]);
    await Promise.allSettled([note(2)]);
    expect(happened.filter((each) => each === 'SAVEPOINT one')).toEqual([]);
    await Promise.allSettled([note(3), note(3), note(4)]);
    stop();
    expect(happened.filter((each) => each === 'SAVEPOINT one')).toHaveLength(3);
    expect(notes()).toEqual([1, 2, 3, 4]);
  });

  test('a failed commit rejects all its writes as unavailable, writes nothing, and the next one succeeds', async () => {
    // A deferred foreign key is checked by COMMIT itself.
    writes.database.run('PRAGMA foreign_keys = ON');
    writes.database.run('CREATE TABLE marks (number INTEGER REFERENCES notes DEFERRABLE INITIALLY DEFERRED)');
    const mark = writes.run(() => writes.database.run('INSERT INTO marks VALUES (7)'));
    const outcomes = await Promise.allSettled([note(1), mark, note(2)]);
    expect(causesOf(outcomes)).toEqual(Array(3).fill('SQLITE_CONSTRAINT_FOREIGNKEY'));
    expect(notes()).toEqual([]);
    await note(3);
    expect(notes()).toEqual([3]);
  });

  // SQLite ends the whole transaction when a single row does not fit, and only the statement when one of several does
  // not.
  test.each(['[2]', '[2, 3, 4]'])('a full disk rejects all of it as unavailable: rows %s', async (numbers) => {
    const { full, room } = diskOfPages();
    full();
    const rows = () =>
      writes.run(() =>
        writes.database.query('INSERT INTO notes SELECT value, hex(zeroblob(50000)) FROM json_each(?)').run(numbers),
      );
    expect(causesOf(await Promise.allSettled([note(1), rows(), note(5)]))).toEqual(Array(3).fill('SQLITE_FULL'));
    expect(notes()).toEqual([]);
    room();
    clock.advance(1_000);
    await Promise.all([note(1), rows(), note(5)]);
    expect(notes()).toEqual([1, ...(JSON.parse(numbers) as number[]), 5]);
  });

  test('while the disk is full one transaction a second is tried, and the others are refused with a retry time', async () => {
    const { full, room } = diskOfPages();
    full();
    const { happened, stop } = watch();
    const refusals: unknown[] = [];
    const refused = () => large(1).catch((error: unknown) => refusals.push(error));
    for (let second = 0; second < 3; second++) {
      for (let attempt = 0; attempt < 50; attempt++) await refused();
      clock.advance(1_000);
    }
    stop();
    expect(happened.filter((each) => each === 'BEGIN IMMEDIATE')).toHaveLength(3);
    expect(refusals).toHaveLength(150);
    expect(refusals.every((each) => each instanceof Unwritable && each.retryAfterMs > 0)).toBe(true);
    expect(told).toEqual(['the disk is full']);
    room();
    await large(1);
    expect(told).toEqual(['the disk is full', 'regained after 3000 ms']);
  });

  test('a lock that appears hours after an earlier one is waited for again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-lock-'));
    const file = join(folder, 'parley.db');
    const locked = new GroupCommit(openDatabase(file), { disk: null, clock });
    const other = new Database(file);
    const write = () => locked.run(() => undefined);
    other.run('BEGIN IMMEDIATE');
    const retries = spyOn(clock, 'after');
    const refused = write();
    await until('the write has met the lock', () => retries.mock.calls.length > 0);
    clock.advance(5_000);
    await expect(refused).rejects.toBeInstanceOf(Unwritable);
    other.run('ROLLBACK');

    clock.advance(3_600_000);
    other.run('BEGIN IMMEDIATE');
    const before = retries.mock.calls.length;
    const waiting = write();
    await until('the next write has met the lock', () => retries.mock.calls.length > before);
    retries.mockRestore();
    other.run('ROLLBACK');
    clock.advance(20);
    await waiting;
    other.close();
    await locked.close();
    rmSync(folder, { recursive: true });
  });

  test('once the database is lost no write resolves, and new ones are refused', async () => {
    disk.heldUp = true;
    const reason = new Unavailable('the file was deleted');
    const outcomes = [note(1), note(2)];
    await synced(1);
    outcomes.push(note(3));
    writes.abandon(reason);
    disk.syncs[0]?.resolve();
    outcomes.push(note(4));
    expect(await Promise.allSettled(outcomes)).toEqual(Array(4).fill({ status: 'rejected', reason }));
  });

  test('a write that reads sees the writes before it', async () => {
    const [, seen] = await Promise.all([note(1), writes.run(notes)]);
    expect(seen).toEqual([1]);
  });

  test('close commits the waiting writes, waits for their sync, and refuses later ones', async () => {
    disk.heldUp = true;
    const written = note(1);
    const closing = writes.close();
    await synced(1);
    expect(disk.closed).toBe(false);
    await expect(note(2)).rejects.toBeInstanceOf(Unavailable);
    disk.syncs[0]?.resolve();
    expect(await written).toBe(1);
    await closing;
    expect(disk.closed).toBe(true);
    await expect(note(3)).rejects.toBeInstanceOf(Unavailable);
  });
});

/** The code of the cause of each error; all errors must be {@link Unavailable}. */
function causesOf(outcomes: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return outcomes.map((outcome) => {
    const reason: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
    if (!(reason instanceof Unavailable) || !(reason.cause instanceof SQLiteError)) return outcome;
    return reason.cause.code;
  });
}
