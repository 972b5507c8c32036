import { aheadMaxMs } from '../../conversations/conversation.ts';
import type { ShardedDatabase } from './sharded-database.ts';

const pageSize = 100;

interface CheckedConversation {
  id: string;
  entries: number;
  faults: string[] | null;
}

/**
 * What of the contract is in a conversation's own shard: its head, entries and participants are read by one statement,
 * and so of one moment. Yields a page at a time: how many conversations and entries, and a sentence for each fault.
 */
export async function* verifyConversations(database: ShardedDatabase, shard: number) {
  for (let after = ''; ; ) {
    const page: CheckedConversation[] = await checkedPage(database, shard, after);
    yield {
      conversations: page.length,
      entries: page.reduce((sum, { entries }) => sum + entries, 0),
      faults: page.flatMap(({ id, faults }) =>
        (faults ?? []).map((fault) => fault.replace(': ', `: conversation ${id} `)),
      ),
    };
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    after = last.id;
  }
}

function checkedPage(database: ShardedDatabase, shard: number, after: string): Promise<CheckedConversation[]> {
  return database.inShard(
    shard,
    (sql) => sql<CheckedConversation[]>`
      SELECT c.id, log.entries, array_remove(ARRAY[
        CASE WHEN log.entries <> c.head_seq OR log.last <> c.head_seq OR log.first > 1 THEN
          'contract 3: has ' || log.entries || ' entries from ' || log.first || ' to ' || log.last
            || ', but its head is ' || c.head_seq END,
        CASE WHEN log.doubled > 0 THEN 'contract 2: has ' || log.doubled || ' entries for commands that have one' END,
        CASE WHEN log.miscounted > 0 THEN
          'contract 3: has ' || log.miscounted || ' entries that count other messages than there are up to them' END,
        CASE WHEN log.backwards > 0 THEN 'contract 3: has ' || log.backwards || ' entries older than the one before, whose time was not far ahead' END,
        CASE WHEN log.last_at_ms <> c.last_entry_at_ms THEN
          'contract 3: says ' || c.last_entry_at_ms || ', its newest entry is of ' || log.last_at_ms END,
        CASE WHEN log.messages <> c.message_count OR log.last_message <> c.last_message_seq THEN
          'contract 3: has ' || log.messages || ' messages up to ' || log.last_message || ', but its head says '
            || c.message_count || ' up to ' || c.last_message_seq END,
        CASE WHEN places.members <> c.member_count OR places.owners <> c.owner_count THEN
          'contract 8: counts ' || c.member_count || ' members, ' || c.owner_count || ' owners; there are '
            || places.members || ', ' || places.owners END,
        CASE WHEN places.beyond > 0 THEN
          'contract 8: has ' || places.beyond || ' participants whose places are beyond its head' END
      ], NULL) AS faults, log.entries
      FROM (
        SELECT * FROM conversations WHERE shard = served(${shard}) AND id > ${after} ORDER BY id LIMIT ${pageSize}
      ) AS c
      CROSS JOIN LATERAL (
        SELECT count(*) AS entries, coalesce(min(seq), 0) AS first, coalesce(max(seq), 0) AS last,
          count(*) FILTER (WHERE kind = 'message') AS messages,
          coalesce(max(seq) FILTER (WHERE kind = 'message'), 0) AS last_message,
          count(*) - count(DISTINCT (sender_id, command_id)) AS doubled,
          count(*) FILTER (WHERE message_count <> counted) AS miscounted,
          count(*) FILTER (WHERE at_ms BETWEEN before_ms - ${aheadMaxMs}::bigint AND before_ms - 1) AS backwards,
          (array_agg(at_ms ORDER BY seq DESC))[1] AS last_at_ms
        FROM (
          SELECT e.seq, e.kind, e.sender_id, e.command_id, e.message_count, e.at_ms,
            count(*) FILTER (WHERE e.kind = 'message') OVER so_far AS counted, lag(e.at_ms) OVER so_far AS before_ms
          FROM entries e WHERE e.shard = ${shard} AND e.conversation_id = c.id
          WINDOW so_far AS (ORDER BY e.seq)
        ) AS numbered
      ) AS log
      CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE left_seq IS NULL) AS members,
          count(*) FILTER (WHERE left_seq IS NULL AND role = 'owner') AS owners,
          count(*) FILTER (WHERE greatest(joined_seq, changed_seq, left_seq) > c.head_seq) AS beyond
        FROM participants p WHERE p.shard = ${shard} AND p.conversation_id = c.id
      ) AS places
      ORDER BY c.id`,
  );
}
