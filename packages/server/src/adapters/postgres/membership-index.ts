import type { Participant } from '../../conversations/conversation.ts';
import { membershipsTable, participantsTable } from '../rows/conversation-tables.ts';
import { columnList } from '../rows/table.ts';
import { json, type Sql } from './pool.ts';
import { recordsetOf } from './recordset.ts';

/** A row of the index by user, to be written. */
export interface IndexedParticipant {
  participant: Participant;
  broadcast: boolean;
}

/** The newer of two rows wins. */
const versioned = participantsTable.changing;

export function membershipRow({ participant, broadcast }: IndexedParticipant, shard: number) {
  return { shard, ...membershipsTable.toRow({ ...participant, broadcast }) };
}

/**
 * Writes rows of the index by user. Rows are versioned: an older one changes nothing, and `broadcast` never returns to
 * false. If there are several rows for one participant, writes the newest. Sorts the rows by key, so that two such
 * statements cannot deadlock.
 */
export async function writeMemberships(
  sql: Sql,
  indexed: readonly IndexedParticipant[],
  shardOf: (userId: string) => number,
): Promise<void> {
  const rows = indexed.map((each) => membershipRow(each, shardOf(each.participant.userId)));
  const columns = (alias?: string) => sql.unsafe(columnList(versioned, alias));
  const shards = [...new Set(rows.map(({ shard }) => shard))];
  await sql`
    WITH permitted AS MATERIALIZED (SELECT all_writable(${shards}::smallint[]) AS shards)
    INSERT INTO memberships AS m (shard, user_id, conversation_id, broadcast, ${columns()})
    SELECT DISTINCT ON (shard, user_id, conversation_id) shard, user_id, conversation_id,
      bool_or(broadcast) OVER (PARTITION BY shard, user_id, conversation_id), ${columns()}
    FROM permitted, json_to_recordset(${json(sql, rows)}) AS given ${sql.unsafe(recordsetOf(membershipsTable))}
    WHERE permitted.shards > 0
    ORDER BY shard, user_id, conversation_id, changed_seq DESC
    ON CONFLICT (shard, user_id, conversation_id) DO UPDATE SET
      broadcast = m.broadcast OR excluded.broadcast,
      (${columns()}) = (
        SELECT ${columns('newest')}
        FROM (SELECT ${columns('m')} UNION ALL SELECT ${columns('excluded')}) AS newest
        ORDER BY newest.changed_seq DESC LIMIT 1
      )
    WHERE m.changed_seq < excluded.changed_seq OR (excluded.broadcast AND NOT m.broadcast)`;
}
