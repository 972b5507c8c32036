import type { ConversationId, ReadPoint, UserId } from '@parley/protocol';
import type { Ban, ConversationHead, Participant } from '../../conversations/conversation.ts';
import type {
  ChangedReadPosition,
  ConversationStore,
  Epoch,
  HeadAndParticipant,
  HomepagePage,
  HomepageQuery,
  OwnConversation,
  ReadPosition,
  ReadTarget,
  Snapshot,
} from '../../conversations/conversations-port.ts';
import type { SearchQuery } from '../../platform/search-position.ts';
import { foldingMark, searchTerms } from '../../platform/search-terms.ts';
import {
  type BanRow,
  bansTable,
  conversationsTable,
  type HeadRow,
  type ParticipantRow,
  participantsTable,
} from '../rows/conversation-tables.ts';
import { epochOf } from './epochs.ts';
import { Homepages } from './homepage.ts';
import { type IndexedParticipant, writeMemberships } from './membership-index.ts';
import { PostgresReadPositions } from './read-positions.ts';
import { type MarkedRow, refreshShards } from './refresh-shards.ts';
import { foundByTerm } from './search-query.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/** Conversations, participants, the index by user and read positions in PostgreSQL. */
export class PostgresConversationStore implements ConversationStore {
  private readonly positions: PostgresReadPositions;
  private readonly homepages: Homepages;

  constructor(private readonly database: ShardedDatabase) {
    this.positions = new PostgresReadPositions(database);
    this.homepages = new Homepages(database);
  }

  epochOf(id: ConversationId | UserId): Promise<Epoch> {
    return epochOf(this.database, id);
  }

  async head(conversationId: ConversationId): Promise<ConversationHead | undefined> {
    const [row] = await this.database.at(
      conversationId,
      (sql, shard) => sql<HeadRow[]>`
        SELECT ${sql.unsafe(conversationsTable.list('c'))}, coalesce(t.at_ms, c.last_entry_at_ms) AS last_entry_at_ms
        FROM conversations c
        LEFT JOIN activity_times t ON t.shard = c.shard AND t.conversation_id = c.id AND t.head_seq = c.head_seq
        WHERE c.shard = served(${shard}) AND c.id = ${conversationId}`,
    );
    return row && conversationsTable.fromRow(row);
  }

  async headsAndParticipants(
    conversationIds: readonly ConversationId[],
    userId: UserId,
  ): Promise<Map<ConversationId, HeadAndParticipant>> {
    const parts = await this.database.atIds(
      conversationIds,
      (sql, wanted) => sql<(HeadRow & { participant: ParticipantRow | null; epoch: string | null })[]>`
        SELECT ${sql.unsafe(conversationsTable.list('c'))}, coalesce(t.at_ms, c.last_entry_at_ms) AS last_entry_at_ms,
          to_json(p) AS participant, s.epoch
        FROM ${wanted} AS wanted (shard, ids)
        JOIN conversations c ON c.shard = wanted.shard AND c.id = ANY(wanted.ids)
        LEFT JOIN activity_times t ON t.shard = c.shard AND t.conversation_id = c.id AND t.head_seq = c.head_seq
        LEFT JOIN participants p ON p.shard = c.shard AND p.conversation_id = c.id AND p.user_id = ${userId}
        LEFT JOIN shard_epochs s ON s.shard = c.shard`,
    );
    return new Map(
      parts.flat().map((row) => {
        const participant = row.participant ? participantsTable.fromRow(row.participant) : undefined;
        return [row.id, { head: conversationsTable.fromRow(row), participant, epoch: row.epoch ?? undefined }];
      }),
    );
  }

  async participant(conversationId: ConversationId, userId: UserId): Promise<Participant | undefined> {
    const [row] = await this.database.at(
      conversationId,
      (sql, shard) => sql<ParticipantRow[]>`
        SELECT ${sql.unsafe(participantsTable.list())} FROM participants
        WHERE shard = served(${shard}) AND conversation_id = ${conversationId} AND user_id = ${userId}`,
    );
    return row && participantsTable.fromRow(row);
  }

  async members(
    conversationId: ConversationId,
    { after, limit }: { after: { joinedSeq: number; userId: UserId } | null; limit: number },
  ): Promise<Participant[]> {
    const { joinedSeq, userId } = after ?? { joinedSeq: 0, userId: '' };
    const rows = await this.database.at(
      conversationId,
      (sql, shard) => sql<ParticipantRow[]>`
        SELECT ${sql.unsafe(participantsTable.list())} FROM participants
        WHERE shard = served(${shard}) AND conversation_id = ${conversationId} AND left_seq IS NULL
          AND (joined_seq, user_id) > (${joinedSeq}::bigint, ${userId})
        ORDER BY joined_seq, user_id LIMIT ${limit}`,
    );
    return rows.map(participantsTable.fromRow);
  }

  async bans(
    conversationId: ConversationId,
    { before, limit }: { before: number | null; limit: number },
  ): Promise<Ban[]> {
    const rows = await this.database.at(
      conversationId,
      (sql, shard) => sql<BanRow[]>`
        SELECT ${sql.unsafe(bansTable.list())} FROM bans
        WHERE shard = served(${shard}) AND conversation_id = ${conversationId}
          AND seq < ${before ?? Number.MAX_SAFE_INTEGER}::bigint
        ORDER BY seq DESC LIMIT ${limit}`,
    );
    return rows.map(bansTable.fromRow);
  }

  async indexParticipants(rows: readonly IndexedParticipant[]): Promise<void> {
    await this.database.atEach(
      rows,
      ({ participant }) => participant.userId,
      (sql, group) => writeMemberships(sql, group, (userId) => this.database.shardOf(userId)),
    );
  }

  async broadcastConversations(userId: UserId): Promise<ConversationId[]> {
    const rows = await this.database.at(
      userId,
      (sql, shard) => sql<{ conversation_id: ConversationId }[]>`
        SELECT conversation_id FROM memberships
        WHERE shard = served(${shard}) AND user_id = ${userId} AND broadcast AND left_seq IS NULL`,
    );
    return rows.map((row) => row.conversation_id);
  }

  own(userId: UserId, conversationId: ConversationId): Promise<OwnConversation | undefined> {
    return this.homepages.own(userId, conversationId);
  }

  async homepage(query: HomepageQuery): Promise<HomepagePage> {
    const { rows, next } = await this.homepages.snapshot(query);
    return { rows, next };
  }

  snapshot(query: Omit<HomepageQuery, 'after'>): Promise<Snapshot> {
    return this.homepages.snapshot({ ...query, after: null });
  }

  async searchChannels(query: SearchQuery): Promise<{ head: ConversationHead; term: string }[]> {
    const tables = { terms: 'channel_terms', id: 'conversation_id', subjects: 'conversations', hidden: 'closed' };
    const rows = await foundByTerm<HeadRow>(this.database, tables, query);
    return rows.map(({ subject, term }) => ({ head: conversationsTable.fromRow(subject), term }));
  }

  refreshTerms(after: string | null, limit: number): Promise<string | null> {
    const read = (shard: number, id: string) =>
      this.database.inShard(
        shard,
        (sql) => sql<MarkedRow<{ id: string }>[]>`
          SELECT conversation_id AS id, json_build_object('id', conversation_id) AS subject,
            bool_or(term = ${foldingMark}) AS is_marked
          FROM channel_terms WHERE shard = served(${shard}) AND conversation_id > ${id}
          GROUP BY conversation_id ORDER BY conversation_id LIMIT ${limit}`,
      );
    return refreshShards(this.database, { after, limit }, read, ({ id }) => this.writeTerms(id));
  }

  /** Writes the search terms of a channel, unless it is renamed or closed meanwhile, which writes its own. */
  private async writeTerms(conversationId: ConversationId): Promise<void> {
    const head = await this.head(conversationId);
    const name = head?.name ?? null;
    const terms = head === undefined || head.closed || name === null ? [] : searchTerms(name);
    await this.database.at(
      conversationId,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard),
        held AS (
          SELECT c.shard, c.id FROM conversations c JOIN permitted ON c.shard = permitted.shard
          WHERE c.id = ${conversationId} AND c.name IS NOT DISTINCT FROM ${name} AND c.closed = ${head?.closed ?? true}
          FOR UPDATE OF c
        ),
        lost AS (
          DELETE FROM channel_terms t USING held
          WHERE t.shard = held.shard AND t.conversation_id = held.id AND t.term <> ALL(${terms}::text[])
        )
        INSERT INTO channel_terms (shard, conversation_id, term)
        SELECT held.shard, held.id, term FROM held, unnest(${terms}::text[]) AS term
        ON CONFLICT DO NOTHING`,
    );
  }

  advanceReadPosition(
    userId: UserId,
    conversationId: ConversationId,
    to: ReadTarget & { version?: number | undefined },
  ): Promise<ReadPosition> {
    return this.positions.advance(userId, conversationId, to);
  }

  markUnread(userId: UserId, conversationId: ConversationId, from: ReadPoint, to: ReadTarget): Promise<ReadPosition> {
    return this.positions.markUnread(userId, conversationId, from, to);
  }

  readPositionsAfter(userId: UserId, page: { revision: number; limit: number }): Promise<ChangedReadPosition[]> {
    return this.positions.changedAfter(userId, page);
  }

  withReadPosition(userId: UserId, conversationIds: readonly ConversationId[]): Promise<Set<ConversationId>> {
    return this.positions.conversationsOf(userId, conversationIds);
  }

  readPositions(conversationId: ConversationId, userIds: readonly UserId[]): Promise<Map<UserId, ReadPosition>> {
    return this.positions.of(conversationId, userIds);
  }
}
