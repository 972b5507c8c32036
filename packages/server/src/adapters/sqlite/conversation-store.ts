import type { Database } from 'bun:sqlite';
import type { ConversationId, ReadPoint, UserId } from '@parley/protocol';
import type { Ban, ConversationHead, Participant } from '../../conversations/conversation.ts';
import type {
  ChangedReadPosition,
  ConversationStore,
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
  channelTermsTable,
  conversationsTable,
  type HeadRow,
  type ParticipantRow,
  participantsTable,
} from '../rows/conversation-tables.ts';
import { epochOf } from './epoch.ts';
import type { GroupCommit } from './group-commit.ts';
import { Homepages, listedHead } from './homepage.ts';
import { type IndexedParticipant, MembershipIndex } from './membership-index.ts';
import type { SqliteReadPositions } from './read-positions.ts';
import { type SearchStatement, searched, searchQuery } from './search-query.ts';
import { insertInto } from './statements.ts';

/** Conversations, participants and the index by user in SQLite. */
export class SqliteConversationStore implements ConversationStore {
  private readonly statements: ReturnType<typeof prepare>;
  private readonly index: MembershipIndex;
  private readonly homepages: Homepages;
  /** The epoch does not change while the database is open. */
  private readonly epoch: string;

  constructor(
    private readonly writes: GroupCommit,
    private readonly positions: SqliteReadPositions,
  ) {
    this.statements = prepare(writes.database);
    this.index = new MembershipIndex(writes.database);
    this.epoch = epochOf(writes.database);
    this.homepages = new Homepages(writes.database, positions, this.epoch);
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

  headsAndParticipants(
    conversationIds: readonly ConversationId[],
    userId: UserId,
  ): Promise<Map<ConversationId, HeadAndParticipant>> {
    return this.writes.read(() => {
      const found = new Map<ConversationId, HeadAndParticipant>();
      for (const id of conversationIds) {
        const head = this.statements.head.get(id);
        if (!head) continue;
        const row = this.statements.participant.get(id, userId);
        const participant = row ? participantsTable.fromRow(row) : undefined;
        found.set(id, { head: conversationsTable.fromRow(head), participant, epoch: this.epoch });
      }
      return found;
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

  bans(conversationId: ConversationId, page: { before: number | null; limit: number }): Promise<Ban[]> {
    return this.writes.read(() => {
      const before = page.before ?? Number.MAX_SAFE_INTEGER;
      return this.statements.bans.all(conversationId, before, page.limit).map(bansTable.fromRow);
    });
  }

  /** The history store has already written these rows with their entries; unchanged rows are skipped. */
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
    return this.writes.read(() => this.homepages.own(userId, conversationId));
  }

  homepage(query: HomepageQuery): Promise<HomepagePage> {
    return this.writes.read(() => this.homepages.page(query));
  }

  async snapshot(query: Omit<HomepageQuery, 'after'>): Promise<Snapshot> {
    // Read before the rows, so that the rows include every change up to it.
    const readRevision = await this.positions.revision(query.userId);
    return { epoch: this.epoch, readRevision, ...(await this.homepage({ ...query, after: null })) };
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

  async advanceReadPosition(
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

  async withReadPosition(userId: UserId, conversationIds: readonly ConversationId[]): Promise<Set<ConversationId>> {
    return new Set(conversationIds.filter((conversationId) => this.positions.get(userId, conversationId)));
  }

  async readPositions(conversationId: ConversationId, userIds: readonly UserId[]): Promise<Map<UserId, ReadPosition>> {
    const positions = new Map<UserId, ReadPosition>();
    for (const userId of userIds) {
      const position = this.positions.get(userId, conversationId);
      if (position) positions.set(userId, position);
    }
    return positions;
  }
}

function prepare(database: Database) {
  return {
    head: database.query<HeadRow, [string]>(listedHead),
    participant: database.query<ParticipantRow, [string, string]>(
      `SELECT ${participantsTable.list()} FROM participants WHERE conversation_id = ? AND user_id = ?`,
    ),
    members: database.query<ParticipantRow, [string, number, string, number]>(
      `SELECT ${participantsTable.list()} FROM participants
       WHERE conversation_id = ? AND left_seq IS NULL AND (joined_seq, user_id) > (?, ?)
       ORDER BY joined_seq, user_id LIMIT ?`,
    ),
    bans: database.query<BanRow, [string, number, number]>(
      `SELECT ${bansTable.list()} FROM bans WHERE conversation_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    ),
    broadcastConversations: database.query<{ conversation_id: string }, [string]>(
      'SELECT conversation_id FROM memberships WHERE user_id = ? AND broadcast = 1 AND left_seq IS NULL',
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
