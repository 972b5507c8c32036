import type { ConversationId, UserId } from '@parley/protocol';
import type { HomepageQuery, HomepageRow, OwnConversation } from '../../conversations/conversations-port.ts';
import {
  conversationsTable,
  type HeadRow,
  type ParticipantRow,
  participantsTable,
} from '../rows/conversation-tables.ts';
import { type EntryRow, messageOf } from '../rows/entry-rows.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/** What the user's shard has of one conversation. */
type MembershipRow = ParticipantRow & { read_seq: number | null; read_message_count: number | null };

/** What the conversation's shard has. */
interface ConversationRow {
  head: HeadRow;
  /** What lists take for the time of the newest entry, when that was dated ahead. */
  settled_at_ms: number | null;
  message: EntryRow | null;
  partner_id: UserId | null;
  epoch: string | null;
}

/** A line of a homepage, as far as its order needs it. */
interface Line {
  atMs: number;
  conversationId: ConversationId;
  left: boolean;
}

/**
 * Homepages, of two kinds of shards: the user's has the memberships and read positions, each conversation's has its
 * head. First all lines are put in order by as little as that takes, then those of the page are looked up.
 */
export class Homepages {
  constructor(private readonly database: ShardedDatabase) {}

  async own(userId: UserId, conversationId: ConversationId): Promise<OwnConversation | undefined> {
    const own = await this.details(userId, [conversationId]);
    return own.get(conversationId);
  }

  async page({ userId, after, limit }: HomepageQuery): Promise<HomepageRow[]> {
    const lines = (await this.lines(userId))
      .filter((line) => !after || newestFirst({ ...after, left: false }, line) < 0)
      .toSorted(newestFirst)
      .slice(0, limit);
    const present = lines.filter((line) => !line.left).map((line) => line.conversationId);
    const details = await this.details(userId, present);
    return lines.flatMap(({ atMs, conversationId, left }): HomepageRow[] => {
      if (left) return [{ kind: 'left', atMs, conversationId }];
      const conversation = details.get(conversationId);
      // Left since the order was made: the next page, or the next change, shows it as left.
      return conversation ? [{ kind: 'own', atMs, conversation }] : [];
    });
  }

  private async lines(userId: UserId): Promise<Line[]> {
    const memberships = await this.database.at(
      userId,
      (sql, shard) => sql<{ conversation_id: ConversationId; left: boolean; changed_at_ms: number }[]>`
        SELECT conversation_id, left_seq IS NOT NULL AS left, changed_at_ms FROM memberships
        WHERE shard = served(${shard}) AND user_id = ${userId}`,
    );
    const left = memberships
      .filter((row) => row.left)
      .map((row) => ({ atMs: row.changed_at_ms, conversationId: row.conversation_id, left: true }));
    const present = memberships.filter((row) => !row.left).map((row) => row.conversation_id);
    // A direct conversation shows to the person who didn't open it with its first message.
    const parts = await this.database.atEach(
      present,
      (id) => id,
      (sql, group) => sql<{ id: ConversationId; at_ms: number }[]>`
        SELECT c.id, coalesce(t.at_ms, c.last_entry_at_ms) AS at_ms
        FROM ${this.database.served(sql, group)} AS wanted (shard, id) JOIN conversations c USING (shard, id)
        LEFT JOIN activity_times t ON t.shard = c.shard AND t.conversation_id = c.id AND t.head_seq = c.head_seq
        WHERE NOT c.closed AND (c.kind <> 'direct' OR c.message_count > 0 OR c.created_by = ${userId})`,
    );
    return [...left, ...parts.flat().map((row) => ({ atMs: row.at_ms, conversationId: row.id, left: false }))];
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
        SELECT ${sql.unsafe(participantsTable.list('m'))}, r.seq AS read_seq, r.message_count AS read_message_count
        FROM memberships m LEFT JOIN read_positions r USING (shard, user_id, conversation_id)
        WHERE m.shard = served(${shard}) AND m.user_id = ${userId}
          AND m.conversation_id = ANY(${conversationIds}::text[]) AND m.left_seq IS NULL`,
    );
  }

  private async conversations(
    userId: UserId,
    conversationIds: readonly ConversationId[],
  ): Promise<Map<ConversationId, ConversationRow>> {
    const parts = await this.database.atEach(
      conversationIds,
      (id) => id,
      (sql, group) => sql<ConversationRow[]>`
        SELECT to_json(c) AS head, t.at_ms AS settled_at_ms, to_json(e) AS message, partner.user_id AS partner_id,
          s.epoch
        FROM ${this.database.served(sql, group)} AS wanted (shard, id)
        JOIN conversations c USING (shard, id)
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
  const { read_seq: seq, read_message_count: messageCount } = membership;
  return {
    head: { ...head, lastEntryAtMs: conversation.settled_at_ms ?? head.lastEntryAtMs },
    participant,
    read:
      seq !== null && messageCount !== null
        ? { seq, messageCount }
        : { seq: participant.joinedSeq, messageCount: participant.joinedMessageCount },
    lastMessage: message && message.seq >= participant.visibleFromSeq ? messageOf(message) : null,
    partnerId,
    epoch: epoch ?? undefined,
  };
}

/** Of equally new ones the larger id first. */
function newestFirst(a: Line, b: Line): number {
  return b.atMs - a.atMs || (a.conversationId < b.conversationId ? 1 : a.conversationId > b.conversationId ? -1 : 0);
}
