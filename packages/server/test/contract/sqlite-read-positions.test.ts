import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemIds } from '../../src/platform/ids.ts';
import { sqliteStores } from './sqlite-stores.ts';

describe('sqlite: read positions', () => {
  const [conversationId, ana] = [systemIds.uuid(), systemIds.uuid()];
  let folder: string;
  let stores: ReturnType<typeof sqliteStores>;
  let failures: unknown[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-positions-'));
    failures = [];
    stores = sqliteStores(folder, (error) => failures.push(error));
  });
  afterEach(async () => {
    await stores.close();
    rmSync(folder, { recursive: true });
  });

  const advance = (seq: number) =>
    stores.conversations.advanceReadPosition(ana, conversationId, { seq, messageCount: seq });
  /** The positions that a new process would read. */
  async function onDisk(): Promise<number | undefined> {
    const others = sqliteStores(folder);
    const positions = await others.conversations.readPositions(conversationId, [ana]);
    await others.close();
    return positions.get(ana)?.seq;
  }
  /** Resolves when every requested write so far is done. */
  const written = () => stores.writes.run(() => undefined).catch(() => undefined);

  test('are on disk within a second, only the last of each', async () => {
    for (const seq of [1, 2, 3]) await advance(seq);
    expect(await onDisk()).toBeUndefined();
    stores.passTime(1_000);
    await written();
    expect(await onDisk()).toBe(3);
  });

  test('are on disk once closed', async () => {
    await advance(5);
    await stores.close();
    expect(await onDisk()).toBe(5);
    stores = sqliteStores(folder);
  });

  test('are on disk when a mark as unread resolves', async () => {
    await advance(5);
    await stores.conversations.markUnread(ana, conversationId, { seq: 5, version: 0 }, { seq: 2, messageCount: 2 });
    expect(await onDisk()).toBe(2);
  });

  test('that change during a write are written next', async () => {
    await advance(1);
    stores.passTime(1_000);
    await advance(2);
    await written();
    expect(await onDisk()).toBe(1);
    expect((await stores.conversations.readPositions(conversationId, [ana])).get(ana)?.seq).toBe(2);
    stores.passTime(1_000);
    await written();
    expect(await onDisk()).toBe(2);
  });

  test('that could not be written are kept, and written as soon as possible', async () => {
    const { database } = stores.writes;
    database.run("CREATE TEMP TRIGGER refuse BEFORE INSERT ON read_positions BEGIN SELECT raise(ABORT, 'no'); END");
    await advance(4);
    stores.passTime(1_000);
    await written();
    expect(failures).toHaveLength(1);
    const mark = { from: { seq: 4, version: 0 }, to: { seq: 2, messageCount: 2 } };
    const marking = stores.conversations.markUnread(ana, conversationId, mark.from, mark.to);
    await expect(marking).rejects.toThrow();
    // A mark that is repeated is not answered before it is on disk.
    const repeated = stores.conversations.markUnread(ana, conversationId, mark.from, mark.to);
    await expect(repeated).rejects.toThrow();
    database.run('DROP TRIGGER refuse');
    stores.passTime(1_000);
    await written();
    expect(await onDisk()).toBe(2);
  });
});
