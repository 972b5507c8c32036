import { participantRow } from '../rows/conversation-rows.ts';
import type { IndexedParticipant } from './membership-index.ts';
import { json } from './pool.ts';
import type { ShardedDatabase } from './sharded-database.ts';

interface Key {
  user_id: string;
  conversation_id: string;
}

interface Position {
  seq: number;
  message_count: number;
}

/** Writes a row of the index by user, also over a newer one, if the row is still as of the entry `seenSeq`. */
export async function replaceMembership(
  database: ShardedDatabase,
  { participant, broadcast }: IndexedParticipant,
  seenSeq: number,
): Promise<void> {
  await database.at(participant.userId, (sql, shard) => {
    const row = { ...participantRow(participant, shard), broadcast };
    return sql`
      WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
      UPDATE memberships m SET
        (broadcast, role, joined_seq, joined_message_count, visible_from_seq, left_seq, changed_seq, changed_at_ms)
        = (n.broadcast, n.role, n.joined_seq, n.joined_message_count, n.visible_from_seq, n.left_seq, n.changed_seq,
          n.changed_at_ms)
      FROM permitted, json_populate_recordset(NULL::memberships, ${json(sql, [row])}) AS n
      WHERE m.shard = permitted.shard AND m.user_id = n.user_id AND m.conversation_id = n.conversation_id
        AND m.changed_seq = ${seenSeq}`;
  });
}

/** Takes a row out of the index by user, if it is still as of the entry `seenSeq`. */
export async function deleteMembership(database: ShardedDatabase, key: Key, seenSeq: number): Promise<void> {
  await database.at(
    key.user_id,
    (sql, shard) => sql`
      WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
      DELETE FROM memberships m USING permitted
      WHERE m.shard = permitted.shard AND m.user_id = ${key.user_id} AND m.conversation_id = ${key.conversation_id}
        AND m.changed_seq = ${seenSeq}`,
  );
}

/** Sets a read position, also back, if it is still where it was seen. */
export async function replaceReadPosition(
  database: ShardedDatabase,
  key: Key,
  seen: Position,
  right: Position,
): Promise<void> {
  await database.at(
    key.user_id,
    (sql, shard) => sql`
      WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
      UPDATE read_positions r SET seq = ${right.seq}, message_count = ${right.message_count} FROM permitted
      WHERE r.shard = permitted.shard AND r.user_id = ${key.user_id} AND r.conversation_id = ${key.conversation_id}
        AND r.seq = ${seen.seq} AND r.message_count = ${seen.message_count}`,
  );
}

/** Takes a read position out, if it is still where it was seen. */
export async function deleteReadPosition(database: ShardedDatabase, key: Key, seen: Position): Promise<void> {
  await database.at(
    key.user_id,
    (sql, shard) => sql`
      WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
      DELETE FROM read_positions r USING permitted
      WHERE r.shard = permitted.shard AND r.user_id = ${key.user_id} AND r.conversation_id = ${key.conversation_id}
        AND r.seq = ${seen.seq}`,
  );
}
