import type { Participant } from '../../conversations/conversation.ts';
import { participantRow } from '../rows/conversation-rows.ts';
import { json, type Sql } from './pool.ts';

/** A row of the index by user as it is to be. */
export interface IndexedParticipant {
  participant: Participant;
  broadcast: boolean;
}

/**
 * Writes rows of the index by user. They are versioned: an older one changes nothing, `broadcast` stays once it is
 * true. Of several for one place the newest is written; all go in the order of their keys, so that two such
 * statements never wait for one another.
 */
export async function writeMemberships(
  sql: Sql,
  indexed: readonly IndexedParticipant[],
  shardOf: (userId: string) => number,
): Promise<void> {
  const rows = indexed.map(({ participant, broadcast }) => ({
    ...participantRow(participant, shardOf(participant.userId)),
    broadcast,
  }));
  const shards = [...new Set(rows.map(({ shard }) => shard))];
  await sql`
    WITH permitted AS MATERIALIZED (SELECT all_writable(${shards}::smallint[]) AS shards)
    INSERT INTO memberships AS m
    SELECT DISTINCT ON (shard, user_id, conversation_id) shard, user_id, conversation_id,
      bool_or(broadcast) OVER (PARTITION BY shard, user_id, conversation_id),
      role, joined_seq, joined_message_count, visible_from_seq, left_seq, changed_seq, changed_at_ms
    FROM permitted, json_populate_recordset(NULL::memberships, ${json(sql, rows)})
    WHERE permitted.shards > 0
    ORDER BY shard, user_id, conversation_id, changed_seq DESC
    ON CONFLICT (shard, user_id, conversation_id) DO UPDATE SET
      broadcast = m.broadcast OR excluded.broadcast,
      (role, joined_seq, joined_message_count, visible_from_seq, left_seq, changed_seq, changed_at_ms) = (
        SELECT newest.role, newest.joined_seq, newest.joined_message_count, newest.visible_from_seq,
          newest.left_seq, newest.changed_seq, newest.changed_at_ms
        FROM (SELECT m.* UNION ALL SELECT excluded.*) AS newest
        ORDER BY newest.changed_seq DESC LIMIT 1
      )
    WHERE m.changed_seq < excluded.changed_seq OR (excluded.broadcast AND NOT m.broadcast)`;
}
