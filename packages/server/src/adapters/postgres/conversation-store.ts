import type { ConversationId, UserId } from '@parley/protocol';
import type { ConversationHead, Participant } from '../../conversations/conversation.ts';
import type {
  ChangedReadPosition,
  ChannelSearchQuery,
  ConversationStore,
  Epoch,
  HomepageQuery,
  HomepageRow,
  OwnConversation,
  ReadPosition,
} from '../../conversations/conversations-port.ts';
import { type HeadRow, headOf, type ParticipantRow, participantOf } from '../rows/conversation-rows.ts';
import { epochOf } from './epochs.ts';
import { Homepages } from './homepage.ts';
import { type IndexedParticipant, writeMemberships } from './membership-index.ts';
import { PostgresReadPositions } from './read-positions.ts';
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
        SELECT * FROM conversations WHERE shard = served(${shard}) AND id = ${conversationId}`,
    );
    return row && headOf(row);
  }

  async participant(conversationId: ConversationId, userId: UserId): Promise<Participant | undefined> {
    const [row] = await this.database.at(
      conversationId,
      (sql, shard) => sql<ParticipantRow[]>`
        SELECT * FROM participants
        WHERE shard = served(${shard}) AND conversation_id = ${conversationId} AND user_id = ${userId}`,
    );
    return row && participantOf(row);
  }

  async members(
    conversationId: ConversationId,
    { after, limit }: { after: { joinedSeq: number; userId: UserId } | null; limit: number },
  ): Promise<Participant[]> {
    const { joinedSeq, userId } = after ?? { joinedSeq: 0, userId: '' };
    const rows = await this.database.at(
      conversationId,
      (sql, shard) => sql<ParticipantRow[]>`
        SELECT * FROM participants
        WHERE shard = served(${shard}) AND conversation_id = ${conversationId} AND left_seq IS NULL
          AND (joined_seq, user_id) > (${joinedSeq}::bigint, ${userId})
        ORDER BY joined_seq, user_id LIMIT ${limit}`,
    );
    return rows.map(participantOf);
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

  homepage(query: HomepageQuery): Promise<HomepageRow[]> {
    return this.homepages.page(query);
  }

  async searchChannels(query: ChannelSearchQuery): Promise<{ head: ConversationHead; term: string }[]> {
    const tables = { terms: 'channel_terms', id: 'conversation_id', subjects: 'conversations', hidden: 'closed' };
    const rows = await foundByTerm<HeadRow>(this.database, tables, query);
    return rows.map(({ subject, term }) => ({ head: headOf(subject), term }));
  }

  advanceReadPosition(userId: UserId, conversationId: ConversationId, to: ReadPosition): Promise<ReadPosition> {
    return this.positions.advance(userId, conversationId, to);
  }

  readRevision(userId: UserId): Promise<number> {
    return this.positions.revision(userId);
  }

  readPositionsAfter(userId: UserId, page: { revision: number; limit: number }): Promise<ChangedReadPosition[]> {
    return this.positions.changedAfter(userId, page);
  }

  readPositions(conversationId: ConversationId, userIds: readonly UserId[]): Promise<Map<UserId, ReadPosition>> {
    return this.positions.of(conversationId, userIds);
  }
}
