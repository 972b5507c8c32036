import type { Database } from 'bun:sqlite';
import type { ConversationId, UserId } from '@parley/protocol';
import type { Participant } from '../../conversations/conversation.ts';
import type {
  HomepagePage,
  HomepageQuery,
  HomepageRow,
  OwnConversation,
} from '../../conversations/conversations-port.ts';
import { positionOnJoining } from '../../conversations/read-position.ts';
import {
  conversationsTable,
  type HeadRow,
  type ParticipantRow,
  participantsTable,
} from '../rows/conversation-tables.ts';
import { type EntryRow, messageOf } from '../rows/entry-rows.ts';
import { type HomepageLine, type LineRow, lineOf, newestLines, nextAfter, startOf } from '../rows/homepage-lines.ts';
import { entriesOfId, isEntry } from './numbered-entries.ts';
import type { SqliteReadPositions } from './read-positions.ts';

/** Reads the head of a conversation, with the time by which lists sort it. */
export const listedHead = `
  SELECT ${conversationsTable.list('c')}, coalesce(t.at_ms, c.last_entry_at_ms) AS last_entry_at_ms
  FROM conversations c LEFT JOIN activity_times t ON t.conversation_id = c.id AND t.head_seq = c.head_seq
  WHERE c.id = ?`;

/**
 * Homepages: the heads of the user's conversations are sorted, and only the rows of the page are read further.
 * Conversations that the user left are read from an index by the time of leaving, one page at most.
 */
export class Homepages {
  private readonly statements: ReturnType<typeof prepare>;

  constructor(
    database: Database,
    private readonly positions: SqliteReadPositions,
    private readonly epoch: string,
  ) {
    this.statements = prepare(database);
  }

  own(userId: UserId, conversationId: ConversationId): OwnConversation | undefined {
    const membership = this.statements.membership.get(userId, conversationId);
    return membership?.left_seq === null ? this.ownOf(participantsTable.fromRow(membership)) : undefined;
  }

  page(query: HomepageQuery): HomepagePage {
    const lines = this.lines(query);
    const rows = lines.map(({ atMs, conversationId, left }): HomepageRow => {
      if (left) return { kind: 'left', atMs, conversationId };
      // Nothing is written while a page is read.
      const conversation = this.own(query.userId, conversationId);
      if (!conversation) throw new Error(`${query.userId} lists ${conversationId}, and is not a member of it`);
      return { kind: 'own', atMs, conversation };
    });
    return { rows, next: nextAfter(lines, query.limit) };
  }

  private lines({ userId, limit, left, byChange = false, ...query }: HomepageQuery): HomepageLine[] {
    const { atMs, conversationId } = startOf(query);
    const parameters = { userId, afterMs: atMs, afterId: conversationId, limit };
    const statement = byChange ? this.statements.changed : this.statements.present;
    const present = statement.all(parameters).map((row) => lineOf(row, false));
    if (!left) return present;
    const ended = this.statements.ended.all(parameters).map((row) => lineOf(row, true));
    return newestLines([...present, ...ended], limit);
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
      read: read ?? positionOnJoining(participant),
      lastMessage: message ? messageOf(message) : null,
      partnerId: head.kind === 'direct' ? this.partnerOf(conversationId, userId) : null,
      epoch: this.epoch,
    };
  }

  private partnerOf(conversationId: ConversationId, userId: UserId): UserId | null {
    return this.statements.partner.get(conversationId, userId)?.user_id ?? null;
  }
}

type LinesAfter = [{ userId: string; afterMs: number; afterId: string; limit: number }];

const activityAtMs = 'coalesce(t.at_ms, c.last_entry_at_ms)';

/** A page of the user's conversations, by descending time. */
function presentBy(atMs: string): string {
  // A direct conversation shows to the person who didn't open it with its first message.
  return `
    SELECT m.conversation_id, ${atMs} AS line_at_ms
    FROM memberships m JOIN conversations c ON c.id = m.conversation_id
    LEFT JOIN activity_times t ON t.conversation_id = c.id AND t.head_seq = c.head_seq
    WHERE m.user_id = $userId AND m.left_seq IS NULL AND c.closed = 0
      AND (c.kind <> 'direct' OR c.message_count > 0 OR c.created_by = $userId)
      AND (line_at_ms, m.conversation_id) < ($afterMs, $afterId)
    ORDER BY line_at_ms DESC, m.conversation_id DESC LIMIT $limit`;
}

function prepare(database: Database) {
  return {
    head: database.query<HeadRow, [string]>(listedHead),
    entry: database.query<EntryRow, [string, number]>(`${entriesOfId} WHERE ${isEntry}`),
    partner: database.query<{ user_id: string }, [string, string]>(
      'SELECT user_id FROM participants WHERE conversation_id = ? AND user_id <> ? AND left_seq IS NULL LIMIT 1',
    ),
    membership: database.query<ParticipantRow, [string, string]>(
      `SELECT ${participantsTable.list()} FROM memberships WHERE user_id = ? AND conversation_id = ?`,
    ),
    present: database.query<LineRow, LinesAfter>(presentBy(activityAtMs)),
    changed: database.query<LineRow, LinesAfter>(presentBy(`max(${activityAtMs}, c.amended_at_ms)`)),
    ended: database.query<LineRow, LinesAfter>(
      `SELECT conversation_id, changed_at_ms AS line_at_ms FROM memberships
       WHERE user_id = $userId AND left_seq IS NOT NULL AND (changed_at_ms, conversation_id) < ($afterMs, $afterId)
       ORDER BY changed_at_ms DESC, conversation_id DESC LIMIT $limit`,
    ),
  };
}
