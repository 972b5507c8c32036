import type { Database } from 'bun:sqlite';
import type { ConversationId, UserId } from '@parley/protocol';
import type { ConversationHead, Participant } from '../../conversations/conversation.ts';
import type {
  ChangedReadPosition,
  ConversationStore,
  HomepageQuery,
  HomepageRow,
  OwnConversation,
  ReadPosition,
} from '../../conversations/conversations-port.ts';
import type { SearchQuery } from '../../platform/search-position.ts';
import { foldingMark, searchTerms } from '../../platform/search-terms.ts';
import {
  channelTermsTable,
  conversationsTable,
  type HeadRow,
  type ParticipantRow,
  participantsTable,
} from '../rows/conversation-tables.ts';
import { type EntryRow, entriesTable, messageOf } from '../rows/entry-rows.ts';
import { epochOf } from './epoch.ts';
import type { GroupCommit } from './group-commit.ts';
import { type IndexedParticipant, MembershipIndex } from './membership-index.ts';
import type { SqliteReadPositions } from './read-positions.ts';
import { type SearchStatement, searched, searchQuery } from './search-query.ts';
import { insertInto } from './statements.ts';

/** Conversations, participants and the index by user in SQLite. */
export class SqliteConversationStore implements ConversationStore {
  private readonly statements: ReturnType<typeof prepare>;
  private readonly index: MembershipIndex;
  /** As long as the database is open, it is one. */
  private readonly epoch: string;

  constructor(
    private readonly writes: GroupCommit,
    private readonly positions: SqliteReadPositions,
  ) {
    this.statements = prepare(writes.database);
    this.index = new MembershipIndex(writes.database);
    this.epoch = epochOf(writes.database);
  }

  async epochOf(): Promise<string> {
    return this.epoch;
  }

  head(conversationId: ConversationId): Promise<ConversationHead | undefined> {
    return this.writes.read(() => {
      const row = this.statements.head.get(conversationId);
      return row ? conversationsTable.fromRow(row) : undefined;
    });
  }

  participant(conversationId: ConversationId, userId: UserId): Promise<Participant | undefined> {
    return this.writes.read(() => {
      const row = this.statements.participant.get(conversationId, userId);
      return row ? participantsTable.fromRow(row) : undefined;
    });
  }

  members(
    conversationId: ConversationId,
    page: { after: { joinedSeq: number; userId: UserId } | null; limit: number },
  ): Promise<Participant[]> {
    return this.writes.read(() => {
      const { joinedSeq, userId } = page.after ?? { joinedSeq: 0, userId: '' };
      return this.statements.members.all(conversationId, joinedSeq, userId, page.limit).map(participantsTable.fromRow);
    });
  }

  /** The history store has written these rows already, with their entries; what is there isn't written again. */
  async indexParticipants(rows: readonly IndexedParticipant[]): Promise<void> {
    const behind = rows.filter((row) => !this.index.isCurrent(row));
    if (behind.length === 0) return;
    await this.writes.run(() => {
      for (const row of behind) this.index.put(row);
    });
  }

  broadcastConversations(userId: UserId): Promise<ConversationId[]> {
    return this.writes.read(() => this.statements.broadcastConversations.all(userId).map((row) => row.conversation_id));
  }

  own(userId: UserId, conversationId: ConversationId): Promise<OwnConversation | undefined> {
    return this.writes.read(() => {
      const membership = this.statements.membership.get(userId, conversationId);
      return membership?.left_seq === null ? this.ownOf(participantsTable.fromRow(membership)) : undefined;
    });
  }

  homepage({ userId, after, limit }: HomepageQuery): Promise<HomepageRow[]> {
    return this.writes.read(() => {
      const rows = this.statements.homepage.all({
        userId,
        afterMs: after?.atMs ?? Number.MAX_SAFE_INTEGER,
        afterId: after?.conversationId ?? '',
        limit,
      });
      return rows.map((row): HomepageRow => {
        const atMs = row.activity_at_ms;
        if (row.left_seq !== null) return { kind: 'left', atMs, conversationId: row.conversation_id };
        return { kind: 'own', atMs, conversation: this.ownOf(participantsTable.fromRow(row)) };
      });
    });
  }

  searchChannels(query: SearchQuery): Promise<{ head: ConversationHead; term: string }[]> {
    return this.writes.read(() => {
      const rows = searched(this.statements.searchChannels, query);
      return rows.map((row) => ({ head: conversationsTable.fromRow(row), term: row.term }));
    });
  }

  async refreshTerms(after: string | null, limit: number): Promise<string | null> {
    const { marked, head, deleteTerms, insertTerm } = this.statements;
    const page = await this.writes.read(() => marked.all(foldingMark, after ?? '', limit));
    const stale = page.filter(({ is_marked }) => is_marked === 0);
    if (stale.length > 0)
      await this.writes.run(() => {
        for (const { conversation_id: id } of stale) {
          const { name, closed } = head.get(id) ?? { name: null, closed: 1 };
          deleteTerms.run(id);
          if (name !== null && closed === 0) for (const term of searchTerms(name)) insertTerm.run(id, term);
        }
      });
    return page.length < limit ? null : (page.at(-1)?.conversation_id ?? null);
  }

  async advanceReadPosition(userId: UserId, conversationId: ConversationId, to: ReadPosition): Promise<ReadPosition> {
    return this.positions.advance(userId, conversationId, to);
  }

  readRevision(userId: UserId): Promise<number> {
    return this.positions.revision(userId);
  }

  readPositionsAfter(userId: UserId, page: { revision: number; limit: number }): Promise<ChangedReadPosition[]> {
    return this.positions.changedAfter(userId, page);
  }

  async readPositions(conversationId: ConversationId, userIds: readonly UserId[]): Promise<Map<UserId, ReadPosition>> {
    const positions = new Map<UserId, ReadPosition>();
    for (const userId of userIds) {
      const position = this.positions.get(userId, conversationId);
      if (position) positions.set(userId, position);
    }
    return positions;
  }

  private ownOf(participant: Participant): OwnConversation {
    const { conversationId, userId } = participant;
    const row = this.statements.head.get(conversationId);
    if (!row) throw new Error(`${userId} is a member of ${conversationId}, which doesn't exist`);
    const head = conversationsTable.fromRow(row);
    const message =
      head.lastMessageSeq >= participant.visibleFromSeq
        ? this.statements.entry.get(conversationId, head.lastMessageSeq)
        : undefined;
    const read = this.positions.get(userId, conversationId);
    return {
      head,
      participant,
      read: read ?? { seq: participant.joinedSeq, messageCount: participant.joinedMessageCount },
      lastMessage: message ? messageOf(message) : null,
      partnerId: head.kind === 'direct' ? this.partnerOf(conversationId, userId) : null,
      epoch: this.epoch,
    };
  }

  private partnerOf(conversationId: ConversationId, userId: UserId): UserId | null {
    const members = this.statements.members.all(conversationId, 0, '', 2);
    return members.find((member) => member.user_id !== userId)?.user_id ?? null;
  }
}

function prepare(database: Database) {
  return {
    head: database.query<HeadRow, [string]>(
      `SELECT ${conversationsTable.list('c')}, coalesce(t.at_ms, c.last_entry_at_ms) AS last_entry_at_ms
       FROM conversations c LEFT JOIN activity_times t ON t.conversation_id = c.id AND t.head_seq = c.head_seq
       WHERE c.id = ?`,
    ),
    participant: database.query<ParticipantRow, [string, string]>(
      `SELECT ${participantsTable.list()} FROM participants WHERE conversation_id = ? AND user_id = ?`,
    ),
    members: database.query<ParticipantRow, [string, number, string, number]>(
      `SELECT ${participantsTable.list()} FROM participants
       WHERE conversation_id = ? AND left_seq IS NULL AND (joined_seq, user_id) > (?, ?)
       ORDER BY joined_seq, user_id LIMIT ?`,
    ),
    entry: database.query<EntryRow, [string, number]>(
      `SELECT ${entriesTable.list()} FROM entries WHERE conversation_id = ? AND seq = ?`,
    ),
    membership: database.query<ParticipantRow, [string, string]>(
      `SELECT ${participantsTable.list()} FROM memberships WHERE user_id = ? AND conversation_id = ?`,
    ),
    broadcastConversations: database.query<{ conversation_id: string }, [string]>(
      'SELECT conversation_id FROM memberships WHERE user_id = ? AND broadcast = 1 AND left_seq IS NULL',
    ),
    homepage: database.query<
      ParticipantRow & { activity_at_ms: number },
      [{ userId: string; afterMs: number; afterId: string; limit: number }]
    >(
      // A direct conversation shows to the person who didn't open it with its first message.
      `SELECT ${participantsTable.list('m')}, iif(m.left_seq IS NULL, coalesce(t.at_ms, c.last_entry_at_ms), m.changed_at_ms) AS activity_at_ms
       FROM memberships m JOIN conversations c ON c.id = m.conversation_id
       LEFT JOIN activity_times t ON t.conversation_id = c.id AND t.head_seq = c.head_seq
       WHERE m.user_id = $userId AND (m.left_seq IS NOT NULL OR c.closed = 0)
         AND (c.kind <> 'direct' OR c.message_count > 0 OR c.created_by = $userId)
         AND (activity_at_ms, m.conversation_id) < ($afterMs, $afterId)
       ORDER BY activity_at_ms DESC, m.conversation_id DESC LIMIT $limit`,
    ),
    marked: database.query<{ conversation_id: string; is_marked: number }, [string, string, number]>(
      `SELECT conversation_id, max(term = ?) AS is_marked FROM channel_terms
       WHERE conversation_id > ? GROUP BY conversation_id ORDER BY conversation_id LIMIT ?`,
    ),
    deleteTerms: database.query('DELETE FROM channel_terms WHERE conversation_id = ?'),
    insertTerm: database.query(insertInto(channelTermsTable)),
    searchChannels: database.query(
      searchQuery({
        terms: 'channel_terms',
        id: 'conversation_id',
        subjects: conversationsTable,
        where: 's.closed = 0',
      }),
    ) as SearchStatement<HeadRow>,
  };
}
