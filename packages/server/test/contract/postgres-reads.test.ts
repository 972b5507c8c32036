import { beforeEach, describe, expect, spyOn, test } from 'bun:test';
import type { ConversationId, UserId } from '@parley/protocol';
import { initialise } from '../../src/adapters/postgres/initialise.ts';
import { decidedPositionsOf } from '../../src/adapters/postgres/log-positions.ts';
import { defaultPoolBounds, Pool } from '../../src/adapters/postgres/pool.ts';
import type { ShardedDatabase } from '../../src/adapters/postgres/sharded-database.ts';
import { postgresStores } from '../../src/adapters/postgres/stores.ts';
import type { Command } from '../../src/conversations/command.ts';
import type { HomepageRow } from '../../src/conversations/conversations-port.ts';
import { membershipsOf } from '../../src/conversations/membership.ts';
import type { CommandSubmitter } from '../../src/distribution/submitter.ts';
import { ConversationReads } from '../../src/operations/conversation-reads.ts';
import { Messages } from '../../src/operations/messages.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { titleWith, withoutService } from '../support/services.ts';
import { ConversationsUnderTest, fields, newIds } from './conversations-under-test.ts';
import { serversOfEachTest, shardsUnderTest } from './postgres-under-test.ts';

const limit = 10;
const serverCount = 2;

/** For reads: nothing is submitted. */
const noSubmitter = {} as CommandSubmitter;

const idOf = (row: HomepageRow) => (row.kind === 'left' ? row.conversationId : row.conversation.head.id);

/** The number of rows that the servers read of each table, whether or not they were part of a result. */
type RowsRead = Record<'conversations' | 'memberships' | 'entries', number>;

const withoutPostgres = withoutService('postgres');
describe.skipIf(withoutPostgres !== null)(titleWith('reads of PostgreSQL are bounded', withoutPostgres), () => {
  const shards = serversOfEachTest();
  let database: ShardedDatabase;
  let stores: ReturnType<typeof postgresStores>;
  let conversations: ConversationsUnderTest;
  let ana: UserId;

  beforeEach(async () => {
    await initialise(shards.servers, shardsUnderTest);
    // One connection per server, because a connection's reads are counted once it has reported them.
    database = await shards.open({ ...defaultPoolBounds, maxConnections: 1 });
    // PostgreSQL would make statistics at some moment, and plan the statements after it in another way.
    const tables = ['conversations', 'memberships', 'entries', 'reactions'];
    const settings = tables.map((table) => `ALTER TABLE ${table} SET (autovacuum_enabled = off);`);
    await database.everywhere((sql) => sql.unsafe(settings.join(' ')));
    stores = postgresStores(database);
    conversations = new ConversationsUnderTest(stores);
    ana = systemIds.uuid();
  });

  /** Creates conversations with Ana as a member, and ended memberships of hers without conversations here. */
  async function makeMemberships(present: number, ended: number): Promise<void> {
    const create = (conversationId: string): Command => ({
      ...fields(conversationId, systemIds.uuid()),
      kind: 'create',
      conversationKind: 'group',
      name: 'Some name',
      description: '',
      announceOnly: false,
      history: 'all',
      userIds: [ana],
    });
    await conversations.carryOut(...newIds(present).map(create));
    await database.at(
      ana,
      (sql, shard) => sql`
        INSERT INTO memberships (shard, user_id, conversation_id, broadcast, role, joined_seq, joined_message_count,
          visible_from_seq, left_seq, changed_seq, changed_at_ms)
        SELECT ${shard}, ${ana}, gen_random_uuid()::text, false, 'member', 1, 0, 1, 2, 2, ${conversations.nowMs} + n
        FROM generate_series(1, ${ended}::integer) AS n`,
    );
    // The conversations have no statistics. With a histogram of their few shards, the planner would look up the ends of
    // the index, and PostgreSQL counts the rows that the planner reads.
    await database.everywhere((sql) => sql.unsafe('ANALYZE memberships'));
  }

  async function counted(): Promise<RowsRead> {
    await database.everywhere((sql) => sql`SELECT pg_stat_force_next_flush()`);
    const tables = await database.everywhere(
      (sql) => sql<{ relname: keyof RowsRead; rows: number }[]>`
        SELECT relname, seq_tup_read + coalesce(
          (SELECT sum(greatest(i.idx_tup_read, i.idx_tup_fetch)) FROM pg_stat_user_indexes i WHERE i.relid = t.relid),
          0)::bigint AS rows
        FROM pg_stat_user_tables t WHERE schemaname = current_schema()`,
    );
    const rows: RowsRead = { conversations: 0, memberships: 0, entries: 0 };
    for (const table of tables.flat()) if (table.relname in rows) rows[table.relname] += table.rows;
    return rows;
  }

  /** The rows that the servers read for `work`, and the number of statements. */
  async function readBy(work: () => Promise<unknown>): Promise<RowsRead & { statements: number }> {
    const before = await counted();
    const run = spyOn(Pool.prototype, 'run');
    await work();
    const statements = run.mock.calls.length;
    run.mockRestore();
    const after = await counted();
    const { conversations, memberships, entries } = before;
    return {
      conversations: after.conversations - conversations,
      memberships: after.memberships - memberships,
      entries: after.entries - entries,
      statements,
    };
  }

  test('a page of a homepage reads current memberships and their heads, and no ended ones', async () => {
    await makeMemberships(30, 20_000);
    const page = () => stores.conversations.homepage({ userId: ana, after: null, limit, left: false });
    const { rows } = await page();
    expect(rows).toHaveLength(limit);
    const serversOfPage = new Set(rows.map((row) => database.serverOf(database.shardOf(idOf(row)))));
    const read = await readBy(page);
    expect(read.memberships).toBe(30 + limit);
    // All rows for their order, and those of the page, or all again: the planner may read so few rows as a whole.
    expect(read.conversations).toBeLessThanOrEqual(2 * 30);
    // One statement for the user's conversations, one on each server for their order, one on each server that has rows
    // of the page, and one for the user's rows.
    expect(read.statements).toBe(1 + serverCount + serversOfPage.size + 1);
  });

  test('a page reads no heads of others, on the first statements of a connection as on later ones', async () => {
    const [present, others] = [300, 6_000];
    await makeMemberships(present, 0);
    await database.everywhere(
      (sql) => sql`
        INSERT INTO conversations (shard, id, kind, name, description, announce_only, history, created_by, head_seq,
          message_count, last_message_seq, membership_seq, member_count, owner_count, broadcast_seq, closed,
          last_entry_at_ms)
        SELECT (SELECT min(shard) FROM served_shards), gen_random_uuid()::text, 'group', 'Some name', '', false, 'all',
          'somebody', 1, 0, 0, 1, 1, 1, 0, false, n
        FROM generate_series(1, ${others}::integer) AS n`,
    );
    await database.everywhere((sql) => sql.unsafe('VACUUM ANALYZE conversations'));
    // PostgreSQL plans the first five executions of a statement by its parameters, later ones without them.
    for (let each = 0; each < 8; each++) {
      const read = await readBy(() => stores.conversations.homepage({ userId: ana, after: null, limit, left: false }));
      expect(read.conversations).toBe(present + limit);
    }
  });

  test('a page with left conversations reads at most a page of ended memberships', async () => {
    await makeMemberships(30, 20_000);
    const middle = { atMs: conversations.nowMs + 10_000, conversationId: '' };
    for (const after of [null, middle]) {
      const read = await readBy(async () => {
        const { rows } = await stores.conversations.homepage({ userId: ana, after, limit, left: true });
        expect(rows.map((row) => row.kind)).toEqual(Array.from({ length: limit }, () => 'left'));
      });
      expect(read.memberships).toBe(30 + limit);
      expect(read.conversations).toBe(30);
    }
  });

  test('a snapshot takes no more statements than a page', async () => {
    await makeMemberships(20, 20);
    const page = await readBy(() => stores.conversations.homepage({ userId: ana, after: null, limit, left: true }));
    const snapshot = await readBy(() => stores.conversations.snapshot({ userId: ana, limit, left: true }));
    expect(snapshot).toEqual(page);
  });

  test('the check of a session reads only its user’s shard', async () => {
    const users = postgresStores(database).users;
    expect((await readBy(() => users.hasSession(ana, systemIds.uuid()))).statements).toBe(1);
  });

  test('reading a conversation as a non-member takes one statement more than as a member', async () => {
    const conversationId = await conversations.createChannel(systemIds.uuid(), 'Channel');
    const reads = new ConversationReads(
      stores.conversations,
      { byIds: async () => [] },
      { online: async () => new Set() },
    );
    const own = await readBy(() => stores.conversations.own(ana, conversationId));
    const view = await readBy(() => reads.view(ana, conversationId));
    expect(view.statements).toBe(own.statements + 1);
  });

  test('missed entries of many conversations take two statements on each server, and read no other entries', async () => {
    const ids: ConversationId[] = [];
    for (let index = 0; index < 20; index++) {
      const conversationId = await conversations.create(ana);
      ids.push(conversationId);
      const send = () => ({ ...fields(conversationId, ana), kind: 'send' as const, text: 'x'.repeat(200) });
      await conversations.carryOut(...Array.from({ length: 30 }, send));
    }
    const messages = new Messages(stores.history, stores.conversations, noSubmitter, async () => new Set());
    const ranges = ids.map((conversationId) => ({ conversationId, after: 26, limit: 200 }));
    // Later executions of a statement are planned without its parameters.
    for (let each = 0; each < 8; each++) {
      const read = await readBy(async () => {
        const { pages, notFound } = await messages.missed(ana, ranges);
        expect(pages.map(({ conversationId, entries }) => [conversationId, ...entries.map(({ seq }) => seq)])).toEqual(
          ids.map((id) => [id, 27, 28, 29, 30, 31]),
        );
        expect(notFound).toEqual([]);
      });
      expect(read).toMatchObject({ statements: 2 * serverCount, entries: 5 * ids.length });
    }
  });

  test('own reactions of many conversations take one statement on each server', async () => {
    const ids = await conversationsWithReactions(20);
    const messages = new Messages(stores.history, stores.conversations, noSubmitter, async () => new Set());
    const ranges = ids.map((conversationId) => ({ conversationId, after: 1, limit: 200 }));
    await database.everywhere((sql) => sql.unsafe('ANALYZE reactions'));
    for (let each = 0; each < 8; each++) {
      const read = await readBy(async () => {
        const { pages } = await messages.missed(ana, ranges);
        const reactions = pages.map(({ entries: [entry] }) => (entry?.kind === 'message' ? entry.reactions : []));
        expect(reactions).toEqual(ids.map(() => [{ emoji: '👍', count: 1, mine: true }]));
      });
      expect(read.statements).toBe(3 * serverCount);
    }
  });

  test('whether unused direct conversations are hidden takes one statement for all', async () => {
    const ids: ConversationId[] = [];
    for (let index = 0; index < 20; index++) ids.push(await conversations.openDirect(systemIds.uuid(), ana));
    const read = await readBy(async () => {
      expect(await membershipsOf(stores.conversations, ana, ids)).toEqual(new Map());
    });
    expect(read.statements).toBe(serverCount + 1);
  });

  test('the positions of the log of many shards take one statement on each server', async () => {
    const all = Array.from({ length: database.shards }, (_, shard) => shard);
    const read = await readBy(async () => expect(await decidedPositionsOf(database, all)).toEqual(new Map()));
    expect(read.statements).toBe(serverCount);
  });

  async function conversationsWithReactions(count: number): Promise<ConversationId[]> {
    const ids: ConversationId[] = [];
    for (let index = 0; index < count; index++) {
      const conversationId = await conversations.create(ana);
      ids.push(conversationId);
      await conversations.send(conversationId, ana, 'hello');
      const reaction = { kind: 'react', seq: 2, emoji: '👍', set: true } as const;
      await conversations.carryOut({ ...fields(conversationId, ana), ...reaction });
    }
    return ids;
  }

  test('the search for future-dated conversations reads none with correct times', async () => {
    await makeMemberships(500, 0);
    const nowMs = 1_000_000;
    // Many entries, as on a server that is not new, and the summary of their times, which PostgreSQL maintains.
    await database.everywhere(
      (sql) => sql`
        INSERT INTO entries (shard, conversation_id, seq, message_count, at_ms, sender_id, command_id, kind, text)
        SELECT shard, 'filler ' || shard, n, n, n, 'somebody', n::text, 'message', repeat('x', 200)
        FROM served_shards, generate_series(1, 10000) AS n`,
    );
    await database.everywhere((sql) => sql`SELECT brin_summarize_new_values('entry_times')`);
    await database.everywhere((sql) => sql.unsafe('ANALYZE'));
    const settle = async () => {
      let settled = 0;
      for (let shard = 0; shard < database.shards; shard++) {
        settled += await stores.history.settleActivity(shard, { nowMs, asOfMs: nowMs });
      }
      return settled;
    };
    expect(await readBy(settle)).toEqual({ entries: 0, conversations: 0, memberships: 0, statements: shardsUnderTest });
    conversations.nowMs = nowMs * 2;
    await conversations.create(ana);
    expect(await settle()).toBe(1);
  });
});
