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

  const conversationId = 'conversation';
  /** Creates the conversation once; returns its number. */
  function numberOf(): number {
    const { database } = stores.writes;
    const columns = Object.entries({
      id: conversationId,
      kind: 'group',
      description: '',
      history: 'all',
      created_by: 'u',
    });
    const counts = ['announce_only', 'head_seq', 'message_count', 'last_message_seq', 'membership_seq', 'member_count'];
    const others = ['owner_count', 'broadcast_seq', 'closed', 'last_entry_at_ms', 'last_entry_hour'];
    database.run(
      `INSERT OR IGNORE INTO conversations (${[...columns.map(([name]) => name), ...counts, ...others].join(', ')})
       VALUES (${[...columns.map(([, value]) => `'${value}'`), ...[...counts, ...others].map(() => 0)].join(', ')})`,
    );
    const row = database.query<{ number: number }, []>('SELECT number FROM conversations').get();
    return row?.number ?? 0;
  }

  async function append(feed: SqliteFeed, count: number): Promise<void> {
    const number = numberOf();
    for (let batch = 0; batch < count; batch++) {
      await stores.writes.run(() => {
        const entry = {
          ...{ conversationId, seq: batch + 1, messageCount: batch, atMs: 1, senderId: 'u' },
          ...{ kind: 'message' as const, clientMessageId: `${batch}`, text: 'text' },
        };
        feed.append({ entries: [{ entry, firstTextHash: null, commandId: `${batch}` }], heads: [] }, () => number);
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

  test('reads the records of earlier versions, which have the ids of conversations', async () => {
    const feed = new SqliteFeed(stores.writes);
    await stores.totals.rebuild();
    await append(feed, 2);
    stores.writes.database.run(`UPDATE feed SET records = '[["earlier", 7, 0, "joined"]]' WHERE decided_to = 1`);
    const reader = await feed.open(totalsFollower, () => undefined);
    expect((await reader.take()).flatMap(({ records }) => records)).toEqual([
      { conversationId: 'earlier', seq: 7, revision: 0, kind: 'joined', position: 0, again: false },
      { conversationId, seq: 2, revision: 0, kind: 'message', position: 1, again: false },
    ]);
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
    await append(feed, 5);
    stores.writes.database.run(`UPDATE feed SET records = 'x' WHERE decided_to = 2`);
    stores.writes.database.run(`UPDATE feed SET records = '[[9999, 1]]' WHERE decided_to = 4`);
    const reader = await feed.open(totalsFollower, () => undefined);
    expect((await reader.take()).map(({ reach: { from, to } }) => [from, to])).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
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
