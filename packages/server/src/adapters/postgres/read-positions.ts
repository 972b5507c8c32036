import type { ConversationId, UserId } from '@parley/protocol';
import type { ChangedReadPosition, ReadPosition } from '../../conversations/conversations-port.ts';
import type { ShardedDatabase } from './sharded-database.ts';

interface PositionRow {
  seq: number;
  message_count: number;
}

/**
 * Read positions, in the shards of their users. They change often and the last second may be lost: no write waits for a
 * disk.
 */
export class PostgresReadPositions {
  constructor(private readonly database: ShardedDatabase) {}

  /** Moves the position forward, never back; returns the resulting position. */
  async advance(userId: UserId, conversationId: ConversationId, to: ReadPosition): Promise<ReadPosition> {
    const [row] = await this.database.atRelaxed(
      userId,
      (sql, shard) => sql<PositionRow[]>`
        INSERT INTO read_positions AS r (shard, user_id, conversation_id, seq, message_count)
        VALUES (writable(${shard}), ${userId}, ${conversationId}, ${to.seq}, ${to.messageCount})
        ON CONFLICT (shard, user_id, conversation_id) DO UPDATE SET
          seq = greatest(r.seq, excluded.seq),
          message_count = CASE WHEN excluded.seq > r.seq THEN excluded.message_count ELSE r.message_count END
        RETURNING seq, message_count`,
    );
    if (!row) throw new Error('a read position that was written returned no row');
    return { seq: row.seq, messageCount: row.message_count };
  }

  async changedAfter(
    userId: UserId,
    { revision, limit }: { revision: number; limit: number },
  ): Promise<ChangedReadPosition[]> {
    const rows = await this.database.at(
      userId,
      (sql, shard) => sql<(PositionRow & { conversation_id: ConversationId; revision: number })[]>`
        SELECT conversation_id, seq, message_count, revision FROM read_positions
        WHERE shard = served(${shard}) AND user_id = ${userId} AND revision > ${revision}
        ORDER BY revision LIMIT ${limit}`,
    );
    return rows.map((row) => ({
      conversationId: row.conversation_id,
      ...{ seq: row.seq, messageCount: row.message_count, revision: row.revision },
    }));
  }

  /** Users without a position are not in the map. */
  async of(conversationId: ConversationId, userIds: readonly UserId[]): Promise<Map<UserId, ReadPosition>> {
    const parts = await this.database.atIds(
      userIds,
      (sql, wanted) => sql<({ user_id: UserId } & PositionRow)[]>`
        SELECT user_id, seq, message_count FROM ${wanted} AS wanted (shard, user_ids)
        JOIN read_positions r ON r.shard = wanted.shard AND r.user_id = ANY(wanted.user_ids)
        WHERE conversation_id = ${conversationId}`,
    );
    return new Map(parts.flat().map((row) => [row.user_id, { seq: row.seq, messageCount: row.message_count }]));
  }
}
