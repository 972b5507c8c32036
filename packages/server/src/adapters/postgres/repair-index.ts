import { membershipsTable } from '../rows/conversation-tables.ts';
import { columnList } from '../rows/table.ts';
import { type IndexedParticipant, membershipRow } from './membership-index.ts';
import { json } from './pool.ts';
import type { PositionRow } from './read-positions.ts';
import { recordsetOf } from './recordset.ts';
import type { ShardedDatabase } from './sharded-database.ts';

interface Key {
  user_id: string;
  conversation_id: string;
}

/** Writes a row of the index by user, also over a newer one, if the stored row still has `seenSeq`. */
export async function replaceMembership(
  database: ShardedDatabase,
  indexed: IndexedParticipant,
  seenSeq: number,
): Promise<void> {
  await database.at(indexed.participant.userId, (sql, shard) => {
    const columns = (alias?: string) => sql.unsafe(columnList(membershipsTable.changing, alias));
    return sql`
      WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
      UPDATE memberships m SET
        (${columns()}) = ROW(${columns('n')})
      FROM permitted, json_to_recordset(${json(sql, [membershipRow(indexed, shard)])})
        AS n ${sql.unsafe(recordsetOf(membershipsTable))}
      WHERE m.shard = permitted.shard AND m.user_id = n.user_id AND m.conversation_id = n.conversation_id
        AND m.changed_seq = ${seenSeq}`;
  });
}

/** Deletes a row of the index by user, if it still has `seenSeq`. */
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

/** Sets a read position, also to a smaller one, if it is unchanged. */
export async function replaceReadPosition(
  database: ShardedDatabase,
  key: Key,
  seen: PositionRow,
  right: PositionRow,
): Promise<void> {
  await database.at(
    key.user_id,
    (sql, shard) => sql`
      WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
      UPDATE read_positions r SET seq = ${right.seq}, message_count = ${right.message_count},
        version = ${right.version}, receipt_seq = ${right.receipt_seq}
      FROM permitted
      WHERE r.shard = permitted.shard AND r.user_id = ${key.user_id} AND r.conversation_id = ${key.conversation_id}
        AND r.seq = ${seen.seq} AND r.message_count = ${seen.message_count}`,
  );
}

/** Deletes a read position, if it is unchanged. */
export async function deleteReadPosition(database: ShardedDatabase, key: Key, seen: PositionRow): Promise<void> {
  await database.at(
    key.user_id,
    (sql, shard) => sql`
      WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
      DELETE FROM read_positions r USING permitted
      WHERE r.shard = permitted.shard AND r.user_id = ${key.user_id} AND r.conversation_id = ${key.conversation_id}
        AND r.seq = ${seen.seq}`,
  );
}
