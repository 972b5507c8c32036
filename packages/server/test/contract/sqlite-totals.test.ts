import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conversationsPerPiece } from '../../src/adapters/sqlite/conversation-count.ts';
import type { Command } from '../../src/conversations/command.ts';
import { FollowerRunner } from '../../src/followers/follower-runner.ts';
import { TotalsFollower } from '../../src/followers/totals/totals-follower.ts';
import { totalsFollower } from '../../src/followers/totals/totals-port.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { until } from '../support/until.ts';
import { ConversationsUnderTest, fields } from './conversations-under-test.ts';
import { sqliteStores } from './sqlite-stores.ts';

const pieces = 6;
/** The ids of the conversations that the rebuild counts first and last, and of one between. */
const [first, middle, last] = ['00 first', '80 middle', 'zz last'] as const;

describe('the totals in SQLite', () => {
  let folder: string;
  let stores: ReturnType<typeof sqliteStores>;
  let conversations: ConversationsUnderTest;
  const ana = systemIds.uuid();

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-totals-'));
    stores = sqliteStores(folder);
    conversations = new ConversationsUnderTest(stores);
    await conversations.carryOut(...[first, middle, last].map((id) => create(id)));
    stores.writes.database.run(`
      WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${(pieces - 1) * conversationsPerPiece})
      INSERT INTO conversations (id, kind, name, description, announce_only, history, created_by, head_seq,
        message_count, last_message_seq, membership_seq, member_count, owner_count, broadcast_seq, closed,
        last_entry_at_ms, last_entry_hour)
      SELECT format('%02x filler %d', 1 + n % 254, n), iif(n % 3 = 0, 'channel', 'direct'), 'x', '', 0, 'all', 'x', 3,
        n % 7, 1, 1, 1, 1, 0, n % 5 = 0, 1, 0 FROM n`);
  });
  afterEach(async () => {
    await stores.close();
    rmSync(folder, { recursive: true });
  });

  function create(id: string): Command {
    return {
      ...{ ...fields(id, ana), kind: 'create', conversationKind: 'group', name: 'Name', description: '' },
      ...{ announceOnly: false, history: 'all', userIds: [] },
    };
  }

  async function kept() {
    const { users: _users, databaseBytes: _bytes, ...counts } = await stores.totals.read();
    return counts;
  }

  /** By one statement, without writing in the meantime. */
  function counted() {
    const row = stores.writes.database
      .query(
        `SELECT sum(NOT closed) AS conversations, sum(kind = 'direct' AND NOT closed) AS directConversations,
           sum(kind = 'group' AND NOT closed) AS groups, sum(kind = 'channel' AND NOT closed) AS channels,
           sum(message_count) AS messages FROM conversations`,
      )
      .get();
    return row as Awaited<ReturnType<typeof kept>>;
  }

  /** Applies the feed; returns how often the follower rebuilt the totals to do so. */
  async function rebuildsToBeUpToDate(): Promise<number> {
    let rebuilds = 0;
    const runner = new FollowerRunner({
      ...{ follower: new TotalsFollower(stores.totals), feed: stores.feed, states: stores.followerStates },
      ...{ clock: systemClock, reportFailure: fail, metrics: { setAside: fail, rebuilt: () => rebuilds++ } },
    });
    await runner.start();
    await until('the totals are up to date', async () => {
      return (await stores.followerStates.report(totalsFollower)).lagRecords === 0;
    });
    await runner.stop();
    return rebuilds;
  }

  test('are rebuilt in bounded pieces, between which senders write, and are exact', async () => {
    const run = spyOn(stores.writes, 'run');
    let isRebuilt = false;
    const rebuilding = stores.totals.rebuild().then(() => {
      isRebuilt = true;
    });
    let sent = 0;
    while (!isRebuilt && sent < 1_000) {
      const [made, left] = [`${(sent * 37) % 100} made ${sent}`, `${(sent * 53) % 100} left ${sent}`];
      await conversations.carryOut(
        ...[first, middle, last].map((id): Command => ({ ...fields(id, ana), kind: 'send', text: `${sent}` })),
        ...[create(made), create(left), { ...fields(left, ana), kind: 'leave' as const }],
      );
      sent++;
    }
    await rebuilding;
    const transactions = run.mock.calls.length;
    run.mockRestore();
    // The pieces and the preparation, in transactions of their own or together with those of the senders.
    expect(transactions - sent).toBeGreaterThanOrEqual(pieces + 1);
    expect(sent).toBeGreaterThanOrEqual(pieces);
    expect(sent).toBeLessThan(1_000);
    // Messages that were sent after the last piece are in the feed.
    expect(await rebuildsToBeUpToDate()).toBe(0);
    expect(await kept()).toEqual(counted());
  });

  test('are exact while the follower has not built them, and while a rebuild runs', async () => {
    expect(await kept()).toEqual(counted());
    const [, during] = await Promise.all([stores.totals.rebuild(), kept()]);
    expect(during).toEqual(counted());
    expect(await kept()).toEqual(counted());
  });

  test('are rebuilt after a rebuild that failed', async () => {
    const { database } = stores.writes;
    database.run(`CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.totals BEGIN SELECT raise(ABORT, 'refused'); END`);
    await expect(stores.totals.rebuild()).rejects.toThrow('refused');
    await conversations.send(middle, ana, 'one');
    database.run('DROP TRIGGER refuse');
    await stores.totals.rebuild();
    expect(await kept()).toEqual(counted());
    const left = database.query(`SELECT name FROM temp.sqlite_schema WHERE name LIKE '%count%'`).all();
    expect(left).toEqual([]);
  });
});

function fail(error?: unknown): never {
  throw error ?? new Error('a record was set aside');
}
