import type { ConversationId, UserId } from '@parley/protocol';
import type { HomepageQuery, HomepageRow, OwnConversation, Snapshot } from '../../conversations/conversations-port.ts';
import { positionOnJoining } from '../../conversations/read-position.ts';
import {
  conversationsTable,
  type HeadRow,
  type ParticipantRow,
  participantsTable,
} from '../rows/conversation-tables.ts';
import { type EntryRow, messageOf } from '../rows/entry-rows.ts';
import { type HomepageLine, type LineRow, lineOf, newestLines, nextAfter, startOf } from '../rows/homepage-lines.ts';
import { type PositionRow, positionOf } from './read-positions.ts';
import { idSeparator, type ShardedDatabase } from './sharded-database.ts';

/** What the user's shard has of one conversation. */
type MembershipRow = ParticipantRow & { read: PositionRow | null };

/** What the conversation's shard has. */
interface ConversationRow {
  head: HeadRow;
  /** What lists take for the time of the newest entry, when that was dated ahead. */
  settled_at_ms: number | null;
  message: EntryRow | null;
  partner_id: UserId | null;
  epoch: string | null;
}

/** What the user's shard has to begin a page with. */
interface OwnerRow {
  epoch: string | null;
  read_revision: number;
  /** Ids of conversations with {@link idSeparator}; null for none. */
  present: string | null;
  ended: LineRow[];
}

/**
 * Homepages, of two kinds of shards: the user's has the memberships and read positions, each conversation's has its
 * head. Which conversations are the user's, and what ended, is one statement; each server with conversations then
 * orders those it has, and gives a page of them at most; what the page shows is looked up last.
 */
export class Homepages {
  constructor(private readonly database: ShardedDatabase) {}

  async own(userId: UserId, conversationId: ConversationId): Promise<OwnConversation | undefined> {
    const own = await this.details(userId, [conversationId]);
    return own.get(conversationId);
  }

  async snapshot(query: HomepageQuery): Promise<Snapshot> {
    const { userId, limit } = query;
    const { epoch, read_revision: readRevision, present, ended } = await this.owner(query);
    const own = await this.newest(query, present?.split(idSeparator) ?? []);
    const lines = newestLines([...own, ...ended.map((row) => lineOf(row, true))], limit);
    const details = await this.details(
      userId,
      lines.filter((line) => !line.left).map((line) => line.conversationId),
    );
    const rows = lines.flatMap(({ atMs, conversationId, left }): HomepageRow[] => {
      if (left) return [{ kind: 'left', atMs, conversationId }];
      const conversation = details.get(conversationId);
      // Left since the order was made: a later read, or the change itself, shows it as left.
      return conversation ? [{ kind: 'own', atMs, conversation }] : [];
    });
    return { epoch: epoch ?? undefined, readRevision, rows, next: nextAfter(lines, limit) };
  }

  /** Sees whole changes of read positions: a revision is chosen while no other change of this person is under way. */
  private async owner({ userId, limit, left, ...query }: HomepageQuery): Promise<OwnerRow> {
    const { atMs, conversationId } = startOf(query);
    const [row] = await this.database.at(
      userId,
      (sql, shard) => sql<OwnerRow[]>`
        SELECT
          (SELECT epoch FROM shard_epochs WHERE shard = checked.shard) AS epoch,
          (SELECT coalesce(max(revision), 0) FROM read_positions
            WHERE shard = checked.shard AND user_id = ${userId}) AS read_revision,
          (SELECT string_agg(conversation_id, ${idSeparator}) FROM memberships
            WHERE shard = checked.shard AND user_id = ${userId} AND left_seq IS NULL) AS present,
          (SELECT coalesce(json_agg(page), '[]') FROM (
            SELECT conversation_id, changed_at_ms AS line_at_ms FROM memberships
            WHERE shard = checked.shard AND user_id = ${userId} AND left_seq IS NOT NULL
              AND (changed_at_ms, conversation_id) < (${atMs}::bigint, ${conversationId})
            ORDER BY changed_at_ms DESC, conversation_id DESC LIMIT ${left ? limit : 0}
          ) AS page) AS ended
        FROM (SELECT served(${shard}) AS shard OFFSET 0) AS checked`,
    );
    if (!row) throw new Error('a statement without a table returned no row');
    return row;
  }

  /** The newest of these that the user may see, up to a page from each server. */
  private async newest(query: HomepageQuery, conversationIds: readonly ConversationId[]): Promise<HomepageLine[]> {
    const { userId, limit, byChange = false } = query;
    const { atMs, conversationId } = startOf(query);
    const parts = await this.database.atIds(
      conversationIds,
      // A direct conversation shows to the person who didn't open it with its first message.
      (sql, wanted) => sql<LineRow[]>`
        SELECT * FROM (
          SELECT c.id AS conversation_id, greatest(${byChange ? sql`c.amended_at_ms` : sql`0`}, coalesce(
              CASE WHEN (SELECT EXISTS (SELECT FROM activity_times)) THEN (
                SELECT t.at_ms FROM activity_times t
                WHERE t.shard = c.shard AND t.conversation_id = c.id AND t.head_seq = c.head_seq
              ) END,
              c.last_entry_at_ms
            )) AS line_at_ms
          FROM ${wanted} AS wanted (shard, ids) JOIN conversations c ON c.shard = wanted.shard AND c.id = ANY(wanted.ids)
          WHERE NOT c.closed AND (c.kind <> 'direct' OR c.message_count > 0 OR c.created_by = ${userId})
        ) AS shown
        WHERE (line_at_ms, conversation_id) < (${atMs}::bigint, ${conversationId})
        ORDER BY line_at_ms DESC, conversation_id DESC LIMIT ${limit}`,
    );
    return parts.flat().map((row) => lineOf(row, false));
  }

  /** Those of these conversations that the user is a member of, with all that a member sees of them. */
  private async details(
    userId: UserId,
    conversationIds: readonly ConversationId[],
  ): Promise<Map<ConversationId, OwnConversation>> {
    const [memberships, conversations] = await Promise.all([
      this.memberships(userId, conversationIds),
      this.conversations(userId, conversationIds),
    ]);
    const own = memberships.flatMap((membership): [ConversationId, OwnConversation][] => {
      const conversation = conversations.get(membership.conversation_id);
      if (!conversation) throw new Error(`${userId} is a member of ${membership.conversation_id}, which doesn't exist`);
      return [[membership.conversation_id, ownOf(membership, conversation)]];
    });
    return new Map(own);
  }

  private memberships(userId: UserId, conversationIds: readonly ConversationId[]): Promise<MembershipRow[]> {
    return this.database.at(
      userId,
      (sql, shard) => sql<MembershipRow[]>`
        SELECT ${sql.unsafe(participantsTable.list('m'))}, to_json(r) AS read
        FROM memberships m LEFT JOIN read_positions r USING (shard, user_id, conversation_id)
        WHERE m.shard = served(${shard}) AND m.user_id = ${userId}
          AND m.conversation_id = ANY(${conversationIds}::text[]) AND m.left_seq IS NULL`,
    );
  }

  private async conversations(
    userId: UserId,
    conversationIds: readonly ConversationId[],
  ): Promise<Map<ConversationId, ConversationRow>> {
    const parts = await this.database.atIds(
      conversationIds,
      (sql, wanted) => sql<ConversationRow[]>`
        SELECT to_json(c) AS head, t.at_ms AS settled_at_ms, to_json(e) AS message, partner.user_id AS partner_id,
          s.epoch
        FROM ${wanted} AS wanted (shard, ids)
        JOIN conversations c ON c.shard = wanted.shard AND c.id = ANY(wanted.ids)
        LEFT JOIN shard_epochs s ON s.shard = c.shard
        LEFT JOIN activity_times t ON t.shard = c.shard AND t.conversation_id = c.id AND t.head_seq = c.head_seq
        LEFT JOIN entries e ON e.shard = c.shard AND e.conversation_id = c.id AND e.seq = c.last_message_seq
        LEFT JOIN participants partner ON c.kind = 'direct' AND partner.shard = c.shard
          AND partner.conversation_id = c.id AND partner.user_id <> ${userId} AND partner.left_seq IS NULL`,
    );
    return new Map(parts.flat().map((row) => [row.head.id, row]));
  }
}

function ownOf(membership: MembershipRow, conversation: ConversationRow): OwnConversation {
  const { message, partner_id: partnerId, epoch } = conversation;
  const head = conversationsTable.fromRow(conversation.head);
  const participant = participantsTable.fromRow(membership);
  return {
    head: { ...head, lastEntryAtMs: conversation.settled_at_ms ?? head.lastEntryAtMs },
    participant,
    read: membership.read ? positionOf(membership.read) : positionOnJoining(participant),
    lastMessage: message && message.seq >= participant.visibleFromSeq ? messageOf(message) : null,
    partnerId,
    epoch: epoch ?? undefined,
  };
}
