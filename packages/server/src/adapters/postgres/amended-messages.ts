import type { ConversationId, MessageEntry, UserId } from '@parley/protocol';
import type { ChangesQuery, MessageReaction } from '../../history/history-port.ts';
import { type EntryRow, entriesTable, messageOf } from '../rows/entry-rows.ts';
import { boundedPage } from './bounded-page.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/** Reads of amended messages in PostgreSQL. */
export class AmendedMessages {
  constructor(private readonly database: ShardedDatabase) {}

  async changes({ conversationId, after, fromSeq, limit, textBytes }: ChangesQuery): Promise<MessageEntry[]> {
    const rows = await this.database.at(conversationId, (sql, shard) => {
      const by = sql`revision`;
      const page = sql`
        SELECT ${sql.unsafe(entriesTable.list())} FROM entries
        WHERE shard = served(${shard}) AND conversation_id = ${conversationId} AND revision > ${after} AND seq >= ${fromSeq}
        ORDER BY ${by} LIMIT ${limit}`;
      return boundedPage(sql, page, { by, textBytes });
    });
    return rows.map(messageOf);
  }

  async changedCount(conversationId: ConversationId, after: number, max: number): Promise<number> {
    const [row] = await this.database.at(
      conversationId,
      (sql, shard) => sql<{ count: number }[]>`
        SELECT count(*) AS count FROM (
          SELECT FROM entries WHERE shard = served(${shard}) AND conversation_id = ${conversationId}
            AND revision > ${after} LIMIT ${max}
        ) AS changed`,
    );
    return row?.count ?? 0;
  }

  async messages(conversationId: ConversationId, seqs: readonly number[]): Promise<MessageEntry[]> {
    const rows = await this.database.at(
      conversationId,
      (sql, shard) => sql<EntryRow[]>`
        SELECT ${sql.unsafe(entriesTable.list())} FROM entries
        WHERE shard = served(${shard}) AND conversation_id = ${conversationId} AND seq = ANY(${[...seqs]}::bigint[])
          AND kind = 'message' ORDER BY seq`,
    );
    return rows.map(messageOf);
  }

  async pins(conversationId: ConversationId): Promise<MessageEntry[]> {
    const rows = await this.database.at(
      conversationId,
      (sql, shard) => sql<EntryRow[]>`
        SELECT ${sql.unsafe(entriesTable.list('e'))} FROM pins p JOIN entries e USING (shard, conversation_id, seq)
        WHERE p.shard = served(${shard}) AND p.conversation_id = ${conversationId} ORDER BY p.seq DESC`,
    );
    return rows.map(messageOf);
  }

  /** The lateral query has a limit, so that the planner finds each reaction by the index. */
  async ownReactions(userId: UserId, reactions: readonly MessageReaction[]): Promise<MessageReaction[]> {
    const parts = await this.database.atEach(
      reactions,
      ({ conversationId }) => conversationId,
      (sql, group) => sql<{ conversation_id: ConversationId; seq: number; emoji: string }[]>`
        SELECT wanted.conversation_id, wanted.seq, wanted.emoji
        FROM unnest(
          ${group.map(({ conversationId }) => this.database.shardOf(conversationId))}::smallint[],
          ${group.map(({ conversationId }) => conversationId)}::text[],
          ${group.map(({ seq }) => seq)}::bigint[],
          ${group.map(({ emoji }) => emoji)}::text[]
        ) AS wanted (shard, conversation_id, seq, emoji)
        CROSS JOIN LATERAL (
          SELECT FROM reactions r
          WHERE r.shard = served(wanted.shard) AND r.conversation_id = wanted.conversation_id
            AND r.seq = wanted.seq AND r.emoji = wanted.emoji AND r.user_id = ${userId}
          LIMIT 1
        ) AS found`,
    );
    return parts.flat().map(({ conversation_id: conversationId, seq, emoji }) => ({ conversationId, seq, emoji }));
  }

  async reactedUsers(
    { conversationId, seq, emoji }: MessageReaction,
    { after, limit }: { after: UserId | null; limit: number },
  ): Promise<UserId[]> {
    const rows = await this.database.at(
      conversationId,
      (sql, shard) => sql<{ user_id: UserId }[]>`
        SELECT user_id FROM reactions
        WHERE shard = served(${shard}) AND conversation_id = ${conversationId} AND seq = ${seq} AND emoji = ${emoji}
          AND user_id > ${after ?? ''} ORDER BY user_id LIMIT ${limit}`,
    );
    return rows.map((row) => row.user_id);
  }
}
