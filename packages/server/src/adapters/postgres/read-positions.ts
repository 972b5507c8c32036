import type { ConversationId, ReadPoint, UserId } from '@parley/protocol';
import type { ChangedReadPosition, ReadPosition, ReadTarget } from '../../conversations/conversations-port.ts';
import type { ShardedDatabase } from './sharded-database.ts';

export interface PositionRow {
  seq: number;
  message_count: number;
  version: number | null;
  receipt_seq: number | null;
}

/**
 * Read positions, in the shards of their users. They change often and the last second may be lost: no write waits for a
 * disk, except that of a mark as unread.
 */
export class PostgresReadPositions {
  constructor(private readonly database: ShardedDatabase) {}

  /** See `ConversationStore.advanceReadPosition`. */
  async advance(
    userId: UserId,
    conversationId: ConversationId,
    { seq, messageCount, version = Number.MAX_SAFE_INTEGER }: ReadTarget & { version?: number | undefined },
  ): Promise<ReadPosition> {
    const [row] = await this.database.atRelaxed(userId, (sql, shard) => {
      const moves = sql`excluded.seq > r.seq AND coalesce(r.version, 0) <= ${version}::bigint`;
      return sql<PositionRow[]>`
        INSERT INTO read_positions AS r (shard, user_id, conversation_id, seq, message_count)
        VALUES (writable(${shard}), ${userId}, ${conversationId}, ${seq}, ${messageCount})
        ON CONFLICT (shard, user_id, conversation_id) DO UPDATE SET
          seq = CASE WHEN ${moves} THEN excluded.seq ELSE r.seq END,
          message_count = CASE WHEN ${moves} THEN excluded.message_count ELSE r.message_count END
        RETURNING seq, message_count, version, receipt_seq`;
    });
    if (!row) throw new Error('a read position that was written returned no row');
    return positionOf(row);
  }

  /** See `ConversationStore.markUnread`. */
  async markUnread(
    userId: UserId,
    conversationId: ConversationId,
    from: ReadPoint,
    { seq, messageCount }: ReadTarget,
  ): Promise<ReadPosition> {
    const [row] = await this.database.at(
      userId,
      (sql, shard) => sql<PositionRow[]>`
        INSERT INTO read_positions AS r (shard, user_id, conversation_id, seq, message_count, version)
        VALUES (writable(${shard}), ${userId}, ${conversationId}, ${seq}, ${messageCount}, 1)
        ON CONFLICT (shard, user_id, conversation_id) DO UPDATE SET
          seq = excluded.seq, message_count = excluded.message_count,
          version = coalesce(r.version, 0) + 1, receipt_seq = greatest(r.seq, r.receipt_seq)
        WHERE (coalesce(r.version, 0), r.seq) <= (${from.version}::bigint, ${from.seq}::bigint)
        RETURNING seq, message_count, version, receipt_seq`,
    );
    if (row) return positionOf(row);
    const later = (await this.of(conversationId, [userId])).get(userId);
    if (!later) throw new Error('a read position that is later than expected is missing');
    return later;
  }

  async changedAfter(
    userId: UserId,
    { revision, limit }: { revision: number; limit: number },
  ): Promise<ChangedReadPosition[]> {
    const rows = await this.database.at(
      userId,
      (sql, shard) => sql<(PositionRow & { conversation_id: ConversationId; revision: number })[]>`
        SELECT conversation_id, seq, message_count, version, receipt_seq, revision FROM read_positions
        WHERE shard = served(${shard}) AND user_id = ${userId} AND revision > ${revision}
        ORDER BY revision LIMIT ${limit}`,
    );
    return rows.map((row) => ({
      ...positionOf(row),
      ...{ conversationId: row.conversation_id, revision: row.revision },
    }));
  }

  /** Those of these conversations in which the user has a position. */
  async conversationsOf(userId: UserId, conversationIds: readonly ConversationId[]): Promise<Set<ConversationId>> {
    const rows = await this.database.at(
      userId,
      (sql, shard) => sql<{ conversation_id: ConversationId }[]>`
        SELECT conversation_id FROM read_positions
        WHERE shard = served(${shard}) AND user_id = ${userId} AND conversation_id = ANY(${[...conversationIds]}::text[])`,
    );
    return new Set(rows.map((row) => row.conversation_id));
  }

  /** Users without a position are not in the map. */
  async of(conversationId: ConversationId, userIds: readonly UserId[]): Promise<Map<UserId, ReadPosition>> {
    const parts = await this.database.atIds(
      userIds,
      (sql, wanted) => sql<({ user_id: UserId } & PositionRow)[]>`
        SELECT user_id, seq, message_count, version, receipt_seq FROM ${wanted} AS wanted (shard, user_ids)
        JOIN read_positions r ON r.shard = wanted.shard AND r.user_id = ANY(wanted.user_ids)
        WHERE conversation_id = ${conversationId}`,
    );
    return new Map(parts.flat().map((row) => [row.user_id, positionOf(row)]));
  }
}

export function positionOf({ seq, message_count, version, receipt_seq }: PositionRow): ReadPosition {
  return { seq, messageCount: message_count, version: version ?? 0, receiptSeq: receipt_seq ?? 0 };
}
