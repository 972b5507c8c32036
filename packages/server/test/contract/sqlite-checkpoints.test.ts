import type { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CheckpointThread } from '../../src/adapters/sqlite/checkpoint-thread.ts';
import { Checkpoints } from '../../src/adapters/sqlite/checkpoints.ts';
import { logFile, openDatabase } from '../../src/adapters/sqlite/database.ts';
import { GroupCommit } from '../../src/adapters/sqlite/group-commit.ts';
import { until } from '../support/until.ts';

const startBytes = 256 * 1024;
/** More than half of the log's size at which a checkpoint starts. */
const largeBytes = 150 * 1024;

/** Copies the log when the test allows it, or at once. */
class CheckpointerUnderTest {
  private atOnce = false;
  readonly asked: PromiseWithResolvers<void>[] = [];
  constructor(readonly thread: CheckpointThread) {}

  async checkpoint(): Promise<void> {
    const allowed = Promise.withResolvers<void>();
    this.asked.push(allowed);
    if (this.atOnce) allowed.resolve();
    await allowed.promise;
    await this.thread.checkpoint();
  }

  allowAll(): void {
    this.atOnce = true;
    for (const { resolve } of this.asked) resolve();
  }

  close(): Promise<void> {
    return this.thread.close();
  }
}

describe('sqlite: checkpoints', () => {
  let folder: string;
  let file: string;
  let database: Database;
  let checkpointer: CheckpointerUnderTest;
  let checkpoints: Checkpoints;
  let writes: GroupCommit;
  let failures: unknown[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-checkpoints-'));
    file = join(folder, 'parley.db');
    database = openDatabase(file);
    database.run('CREATE TABLE notes (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL)');
    database.run('PRAGMA wal_checkpoint(TRUNCATE)');
    checkpointer = new CheckpointerUnderTest(new CheckpointThread(file));
    failures = [];
    const options = { checkpointer, startBytes, reportFailure: (error: unknown) => failures.push(error) };
    checkpoints = new Checkpoints(database, options);
    writes = new GroupCommit(database, { checkpoints });
  });
  afterEach(async () => {
    checkpointer.allowAll();
    await writes.close();
    rmSync(folder, { recursive: true });
  });

  const note = (bytes = largeBytes) =>
    writes.run(() => database.query('INSERT INTO notes (bytes) VALUES (zeroblob(?))').run(bytes));
  const log = () => database.query<{ log: number; checkpointed: number }, []>('PRAGMA wal_checkpoint(NOOP)').get();
  const asked = (count: number) =>
    until(`${count} checkpoints were asked for`, () => checkpointer.asked.length >= count);
  const allow = () => checkpointer.asked.at(-1)?.resolve();

  test('start when the log has its size, and not within a commit', async () => {
    await note();
    expect(checkpointer.asked).toHaveLength(0);
    await note();
    expect(checkpointer.asked).toHaveLength(1);
    expect(log()).toMatchObject({ checkpointed: 0 });
  });

  test('let commits continue while most of the log is copied, and hold them while its rest is', async () => {
    await note();
    await note();
    // Written during the first copy.
    await note(100);
    allow();
    await asked(2);
    let isHeld = true;
    const held = note(100).then(() => {
      expect(isHeld).toBe(false);
    });
    expect(await writes.read(() => database.query('SELECT count(*) AS count FROM notes').get())).toEqual({ count: 3 });
    isHeld = false;
    allow();
    await held;
    // The log was restarted.
    expect(log()?.log).toBeLessThan(10);
    expect(failures).toEqual([]);
  });

  test('keep the log bounded under continuous writes, however long they take', async () => {
    let written = 0;
    const writing = (async () => {
      for (; written < 40; written++) await note();
    })();
    await until('commits wait for the checkpoint', () => checkpoints.held !== null);
    expect(written).toBeWithin(5, 15);
    checkpointer.allowAll();
    await writing;
    // 6 MB went through it.
    expect(statSync(logFile(file)).size).toBeLessThan(7 * startBytes);
    expect(failures).toEqual([]);
  });

  test('that fail are reported and tried again later; commits continue', async () => {
    checkpointer.checkpoint = () => {
      checkpointer.asked.push(Promise.withResolvers());
      return Promise.reject(new Error('no room'));
    };
    for (let count = 0; count < 6; count++) await note();
    expect(failures.map(String)).toEqual(Array(checkpointer.asked.length).fill('Error: no room'));
    expect(checkpointer.asked.length).toBeWithin(2, 4);
  });

  test('of a log that another process still reads are tried again after it has grown', async () => {
    const reader = openDatabase(file);
    reader.run('BEGIN');
    reader.query('SELECT count(*) FROM notes').get();
    checkpointer.allowAll();
    for (let count = 0; count < 8; count++) await note();
    reader.run('COMMIT');
    reader.close();
    await until('the log was restarted', async () => {
      await note(100_000);
      return (log()?.log ?? 0) * 4_096 < 2 * startBytes;
    });
    expect(failures).toEqual([]);
  });

  test('of a database that cannot be opened report the reason', async () => {
    const thread = new CheckpointThread(join(folder, 'missing.db'));
    await expect(thread.checkpoint()).rejects.toThrow(/missing.db cannot be copied into it: .*unable to open/);
    await thread.close();
  });

  test('run in a bundled program as in its sources', async () => {
    const source = fileURLToPath(new URL('../../src/adapters/sqlite/checkpoint-thread.ts', import.meta.url));
    // As tools/executable.ts bundles it.
    const built = await Bun.build({ entrypoints: [source], target: 'bun', minify: { syntax: true }, outdir: folder });
    expect(built.success).toBe(true);
    const bundled = (await import(join(folder, 'checkpoint-thread.js'))) as {
      CheckpointThread: typeof CheckpointThread;
    };
    await note();
    const thread = new bundled.CheckpointThread(file);
    await thread.checkpoint();
    await thread.close();
    const { log: pages, checkpointed } = log() ?? {};
    expect(checkpointed).toBe(pages);
  });
});
