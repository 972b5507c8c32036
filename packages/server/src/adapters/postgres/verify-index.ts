import { type ParticipantRow, participantsTable } from '../rows/conversation-tables.ts';
import { writeMemberships } from './membership-index.ts';
import type { PositionRow } from './read-positions.ts';
import { deleteMembership, deleteReadPosition, replaceMembership, replaceReadPosition } from './repair-index.ts';
import type { ShardedDatabase } from './sharded-database.ts';
import type { Agreement, Fault } from './verify-shards.ts';

/** The key of a participant, and of its rows in the user's shard. */
export interface ParticipantKey {
  user_id: string;
  conversation_id: string;
}

type ParticipantState = Omit<ParticipantRow, 'user_id' | 'conversation_id'>;

interface UserSide extends ParticipantKey {
  membership: (ParticipantState & { broadcast: boolean }) | null;
  read: PositionRow | null;
  has_account: boolean;
}

interface ConversationSide extends ParticipantKey {
  participant: ParticipantState | null;
  head_seq: number | null;
  broadcast: boolean;
  /** Of the entry at the read position, or of the last entry when the position is beyond it. */
  read_seq: number | null;
  read_count: number | null;
}

const pageSize = 500;

/** Checks that the index by user and the read positions agree with the conversations (contract 6). */
export class IndexAgreement implements Agreement<ParticipantKey> {
  constructor(private readonly database: ShardedDatabase) {}

  /**
   * The users' shards come first: a row that is deleted there is inserted again if its conversation came back
   * meanwhile.
   */
  async *keys(shard: number): AsyncGenerator<ParticipantKey[]> {
    for (const table of ['memberships', 'read_positions', 'participants']) {
      const [first, second] =
        table === 'participants' ? ['conversation_id', 'user_id'] : ['user_id', 'conversation_id'];
      for (let after = ['', '']; ; ) {
        const [afterFirst = '', afterSecond = ''] = after;
        const page: ParticipantKey[] = await this.database.inShard(
          shard,
          (sql) => sql<ParticipantKey[]>`
            SELECT user_id, conversation_id FROM ${sql(table)}
            WHERE shard = served(${shard})
              AND (${sql(String(first))}, ${sql(String(second))}) > (${afterFirst}, ${afterSecond})
            ORDER BY ${sql(String(first))}, ${sql(String(second))} LIMIT ${pageSize}`,
        );
        yield page;
        const last = page.at(-1);
        if (!last || page.length < pageSize) break;
        after = table === 'participants' ? [last.conversation_id, last.user_id] : [last.user_id, last.conversation_id];
      }
    }
  }

  /** The users' shards are read first, so that a read position is never beyond a head because of a newer write. */
  async faults(keys: readonly ParticipantKey[]): Promise<Map<ParticipantKey, Fault>> {
    const users = new Map((await this.userSides(keys)).map((side) => [nameOf(side), side]));
    const conversations = new Map((await this.conversationSides(keys, users)).map((side) => [nameOf(side), side]));
    const found = new Map<ParticipantKey, Fault>();
    for (const key of keys) {
      const user = users.get(nameOf(key));
      const conversation = conversations.get(nameOf(key));
      if (!user || !conversation) throw new Error(`a look at ${nameOf(key)} returned no row`);
      const fault = this.faultOf(key, user, conversation);
      if (fault) found.set(key, fault);
    }
    return found;
  }

  private faultOf(key: ParticipantKey, user: UserSide, conversation: ConversationSide): Fault | null {
    return (
      this.membershipFault(key, user, conversation) ??
      this.readFault(key, user, conversation) ??
      this.accountFault(key, user, conversation)
    );
  }

  private membershipFault(key: ParticipantKey, { membership }: UserSide, conversation: ConversationSide): Fault | null {
    const { database } = this;
    const { participant: row, broadcast, head_seq: headSeq } = conversation;
    const start = `contract 6: the index by user has ${key.user_id} in conversation ${key.conversation_id}`;
    if (!row) {
      if (!membership) return null;
      const why = headSeq === null ? 'which does not exist' : 'in which they never were a participant';
      return {
        sentence: `${start} as of entry ${membership.changed_seq}, ${why}`,
        repair: () => deleteMembership(database, key, membership.changed_seq),
      };
    }
    const participant = participantsTable.fromRow({ ...row, ...key });
    if (!membership) {
      const indexed = { participant, broadcast };
      return {
        sentence: `contract 6: the index by user lacks ${key.user_id} in conversation ${key.conversation_id}, which has them as of entry ${row.changed_seq}`,
        repair: () => database.at(key.user_id, (sql) => writeMemberships(sql, [indexed], (id) => database.shardOf(id))),
      };
    }
    const describe = (state: ParticipantState, flag: boolean) =>
      `${state.role}, of ${state.joined_seq} (${state.joined_message_count}) to ${state.left_seq ?? 'now'}, ` +
      `seeing from ${state.visible_from_seq}${state.left_seq === null && flag ? ', broadcast' : ''}, ` +
      `as of entry ${state.changed_seq} at ${state.changed_at_ms}`;
    const [indexed, right] = [describe(membership, membership.broadcast), describe(row, broadcast)];
    if (indexed === right) return null;
    return {
      sentence: `${start}: ${indexed}; the conversation has: ${right}`,
      repair: () => replaceMembership(database, { participant, broadcast }, membership.changed_seq),
    };
  }

  private readFault(key: ParticipantKey, { read }: UserSide, conversation: ConversationSide): Fault | null {
    if (!read) return null;
    if (!conversation.participant) {
      const why = conversation.head_seq === null ? 'which does not exist' : 'in which they never were a participant';
      return {
        sentence: `contract 6: ${key.user_id} has read conversation ${key.conversation_id} up to entry ${read.seq}, ${why}`,
        repair: () => deleteReadPosition(this.database, key, read),
      };
    }
    const version = Math.max(0, read.version ?? 0);
    // Other members see it only after a mark as unread.
    const receiptMax = version > 0 ? (conversation.head_seq ?? 0) : 0;
    const right = {
      ...{ seq: conversation.read_seq ?? 0, message_count: conversation.read_count ?? 0 },
      ...{ version, receipt_seq: Math.min(Math.max(0, read.receipt_seq ?? 0), receiptMax) },
    };
    const describe = (row: PositionRow) =>
      `entry ${row.seq}, message ${row.message_count}, receipt ${row.receipt_seq ?? 0}, version ${row.version ?? 0}`;
    const [stored, expected] = [describe(read), describe(right)];
    if (stored === expected) return null;
    return {
      sentence: `contract 6: ${key.user_id} has read conversation ${key.conversation_id} up to ${stored}; it has ${expected}`,
      repair: () => replaceReadPosition(this.database, key, read, right),
    };
  }

  private accountFault(key: ParticipantKey, user: UserSide, { participant }: ConversationSide): Fault | null {
    if (user.has_account || participant?.left_seq !== null) return null;
    const sentence =
      `contract 8: conversation ${key.conversation_id} has participant ${key.user_id}, who has no account: ` +
      `restore ${this.database.serverOf(this.database.shardOf(key.user_id))} to a later moment, or have an owner remove them`;
    return { sentence, repair: null };
  }

  private async userSides(keys: readonly ParticipantKey[]): Promise<UserSide[]> {
    const parts = await this.database.atEach(
      keys,
      (key) => key.user_id,
      (sql, group) => {
        const ids = group.map((key) => key.user_id);
        return sql<UserSide[]>`
          WITH checked AS MATERIALIZED (
            SELECT count(served(each)) AS shards FROM unnest(${this.database.shardsOf(ids)}::smallint[]) AS each
          )
          SELECT wanted.user_id, wanted.conversation_id, to_json(m) AS membership, to_json(r) AS read,
            u.id IS NOT NULL AS has_account
          FROM checked, unnest(${ids.map((id) => this.database.shardOf(id))}::smallint[], ${ids}::text[],
            ${group.map((key) => key.conversation_id)}::text[]) AS wanted (shard, user_id, conversation_id)
          LEFT JOIN memberships m USING (shard, user_id, conversation_id)
          LEFT JOIN read_positions r USING (shard, user_id, conversation_id)
          LEFT JOIN users u ON u.shard = wanted.shard AND u.id = wanted.user_id
          WHERE checked.shards > 0`;
      },
    );
    return parts.flat();
  }

  private async conversationSides(
    keys: readonly ParticipantKey[],
    users: ReadonlyMap<string, UserSide>,
  ): Promise<ConversationSide[]> {
    const parts = await this.database.atEach(
      keys,
      (key) => key.conversation_id,
      (sql, group) => {
        const ids = group.map((key) => key.conversation_id);
        return sql<ConversationSide[]>`
          WITH checked AS MATERIALIZED (
            SELECT count(served(each)) AS shards FROM unnest(${this.database.shardsOf(ids)}::smallint[]) AS each
          )
          SELECT wanted.user_id, wanted.conversation_id, to_json(p) AS participant, c.head_seq,
            coalesce(c.broadcast_seq > 0, false) AS broadcast, e.seq AS read_seq, e.message_count AS read_count
          FROM checked, unnest(${ids.map((id) => this.database.shardOf(id))}::smallint[],
            ${group.map((key) => key.user_id)}::text[], ${ids}::text[],
            ${group.map((key) => users.get(nameOf(key))?.read?.seq ?? 0)}::bigint[])
            AS wanted (shard, user_id, conversation_id, read_seq)
          LEFT JOIN participants p USING (shard, user_id, conversation_id)
          LEFT JOIN conversations c ON c.shard = wanted.shard AND c.id = wanted.conversation_id
          LEFT JOIN entries e ON e.shard = wanted.shard AND e.conversation_id = wanted.conversation_id
            AND e.seq = least(wanted.read_seq, c.head_seq)
          WHERE checked.shards > 0`;
      },
    );
    return parts.flat();
  }
}

function nameOf({ user_id: userId, conversation_id: conversationId }: ParticipantKey): string {
  return `${userId} ${conversationId}`;
}
