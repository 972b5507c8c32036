import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteFeed } from '../../src/adapters/sqlite/feed.ts';
import { totalsFollower } from '../../src/followers/totals/totals-port.ts';
import { sqliteStores } from './sqlite-stores.ts';

/** More batches than there are between two deletions of old records. */
const batches = 600;

describe('the feed in SQLite', () => {
  let folder: string;
  let stores: ReturnType<typeof sqliteStores>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-feed-'));
    stores = sqliteStores(folder);
  });
  afterEach(async () => {
    await stores.close();
    rmSync(folder, { recursive: true });
  });

  async function append(feed: SqliteFeed, count: number): Promise<void> {
    for (let batch = 0; batch < count; batch++) {
      await stores.writes.run(() => {
        const entry = { conversationId: 'c', seq: batch + 1, messageCount: batch, atMs: 1, senderId: 'u' };
        feed.append([{ kind: 'message', clientMessageId: `${batch}`, text: 'text', ...entry }]);
      });
    }
  }

  function kept(): number {
    const row = stores.writes.database.query<{ count: number }, []>('SELECT count(*) AS count FROM feed').get();
    return row?.count ?? 0;
  }

  test('keeps records that a follower has not applied, even while no reader is open', async () => {
    const feed = new SqliteFeed(stores.writes);
    await stores.totals.rebuild();
    await append(feed, batches);
    expect(kept()).toBe(batches);
    const reader = await feed.open(totalsFollower, () => undefined);
    const parts = await reader.take();
    expect(parts.flatMap(({ records }) => records.map(({ seq }) => seq))).toEqual(
      Array.from({ length: batches }, (_, index) => index + 1),
    );
    await reader.close();
  });

  test('deletes records that every follower has applied', async () => {
    const feed = new SqliteFeed(stores.writes);
    await append(feed, batches);
    await stores.totals.rebuild();
    const applied = kept();
    await append(feed, batches);
    expect(kept()).toBeLessThan(applied + batches);
    expect(kept()).toBeGreaterThanOrEqual(batches);
  });

  test('skips a row that cannot be read, so that the next part begins after a gap', async () => {
    const feed = new SqliteFeed(stores.writes);
    await stores.totals.rebuild();
    await append(feed, 3);
    stores.writes.database.run(`UPDATE feed SET records = 'x' WHERE decided_to = 2`);
    const reader = await feed.open(totalsFollower, () => undefined);
    expect((await reader.take()).map(({ reach: { from, to } }) => [from, to])).toEqual([
      [0, 1],
      [2, 3],
    ]);
    await reader.close();
  });

  test('keeps at most its maximum for a follower that is behind, whose next part begins after a gap', async () => {
    const feed = new SqliteFeed(stores.writes, 10);
    await stores.totals.rebuild();
    await append(feed, batches);
    expect(kept()).toBeLessThan(300);
    const reader = await feed.open(totalsFollower, () => undefined);
    expect((await reader.take())[0]?.reach.from).toBeGreaterThan(0);
    await reader.close();
  });
});
