import type { ConversationId, Entry, MessageEntry, UserId } from '@parley/protocol';
import { aheadMaxMs } from '../../conversations/conversation.ts';
import type {
  AmendmentFactsNeeded,
  Changes,
  ChangesQuery,
  Decision,
  EntryRange,
  Facts,
  FactsNeeded,
  HistoryRange,
  HistoryStore,
  MessageReaction,
} from '../../history/history-port.ts';
import { withinSize } from '../../history/page.ts';
import { Unavailable } from '../../platform/failures.ts';
import { type EntryRow, entriesTable, entryOf } from '../rows/entry-rows.ts';
import { AmendedMessages } from './amended-messages.ts';
import { boundedPage } from './bounded-page.ts';
import { isMovedHead, isRepeatable } from './failures.ts';
import { allFacts, loadFacts } from './history-facts.ts';
import { changesByShard, writeChanges } from './history-writes.ts';
import type { ShardedDatabase } from './sharded-database.ts';
import { Turns } from './turns.ts';

/** Another distributor conflicts only while a shard changes over from one to the other. */
const attemptsMax = 10;
const pauseMs = 20;

/**
 * The history in PostgreSQL. A batch takes two statements: one loads the facts, the other writes the decision if the
 * facts still hold. Nothing is locked between the two; the later writer decides again.
 *
 * The index by user is not written here, because it may be on another server: `indexParticipants` writes it, and the
 * command log, which is replayed after a crash, ensures that it does.
 */
export class PostgresHistoryStore implements HistoryStore {
  private readonly turns = new Turns();
  private readonly shardOf = (conversationId: ConversationId): number => this.database.shardOf(conversationId);

  private readonly amended: AmendedMessages;

  constructor(private readonly database: ShardedDatabase) {
    this.amended = new AmendedMessages(database);
  }

  apply<Result>(needed: FactsNeeded, decide: (facts: Facts) => Decision<Result>): Promise<Result> {
    const shards = new Set([
      ...this.database.shardsOf(needed.conversationIds),
      ...needed.reaches.map(({ partition }) => partition),
    ]);
    return this.turns.take([...shards], () => this.decideAndWrite(needed, decide));
  }

  private async decideAndWrite<Result>(
    needed: FactsNeeded,
    decide: (facts: Facts) => Decision<Result>,
  ): Promise<Result> {
    let cause: unknown;
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const facts = await this.facts(needed);
      const { changes, result } = decide(facts);
      try {
        await this.write(changes, facts);
        return result;
      } catch (error) {
        if (!isRepeatable(error)) throw error;
        cause = error;
      }
      await Bun.sleep(Math.random() * pauseMs * attempt);
    }
    if (!isMovedHead(cause)) throw cause;
    throw new Unavailable(`other distributors changed the same conversations ${attemptsMax} times meanwhile`, {
      cause,
    });
  }

  private async write(changes: Changes, facts: Facts): Promise<void> {
    await this.database.atEachShard(
      changesByShard(changes, this.shardOf),
      ({ shard }) => shard,
      (sql, group) => writeChanges(sql, group, facts),
    );
  }

  async range({ conversationId, fromSeq, toSeq, order, limit, textBytes }: HistoryRange): Promise<Entry[]> {
    const rows = await this.database.at(conversationId, (sql, shard) => {
      const by = order === 'oldest_first' ? sql`seq ASC` : sql`seq DESC`;
      const page = sql`
        SELECT ${sql.unsafe(entriesTable.list())} FROM entries
        WHERE shard = served(${shard}) AND conversation_id = ${conversationId} AND seq BETWEEN ${fromSeq} AND ${toSeq}
        ORDER BY ${by} LIMIT ${limit}`;
      return boundedPage(sql, page, { by, textBytes });
    });
    return rows.map(entryOf);
  }

  /**
   * Each server returns its ranges up to the first entry with which their text exceeds `bytes`. The encoded size exceeds
   * them there too, so that no entry of another server follows in place of one that was not read. The lateral query has
   * a limit, so that the planner reads each range by the index.
   */
  async ranges(ranges: readonly EntryRange[], bytes: number): Promise<Entry[]> {
    const parts = await this.database.atEach(
      ranges,
      ({ conversationId }) => conversationId,
      (sql, group) => sql<EntryRow[]>`
        SELECT ${sql.unsafe(entriesTable.list())} FROM (
          SELECT e.*, row_number() OVER so_far AS row,
            sum(octet_length(coalesce(e.text, e.notice, ''))) OVER so_far
              - octet_length(coalesce(e.text, e.notice, '')) AS bytes_before
          FROM unnest(
            ${group.map(({ conversationId }) => this.shardOf(conversationId))}::smallint[],
            ${group.map(({ conversationId }) => conversationId)}::text[],
            ${group.map(({ fromSeq }) => fromSeq)}::bigint[],
            ${group.map(({ toSeq }) => toSeq)}::bigint[]
          ) WITH ORDINALITY AS wanted (shard, conversation_id, from_seq, to_seq, nth)
          CROSS JOIN LATERAL (
            SELECT ${sql.unsafe(entriesTable.list())} FROM entries
            WHERE shard = served(wanted.shard) AND conversation_id = wanted.conversation_id
              AND seq BETWEEN wanted.from_seq AND wanted.to_seq
            ORDER BY seq LIMIT wanted.to_seq - wanted.from_seq + 1
          ) AS e
          WINDOW so_far AS (ORDER BY wanted.nth, e.seq ROWS UNBOUNDED PRECEDING)
        ) AS measured
        WHERE bytes_before <= ${bytes} ORDER BY row`,
    );
    const byConversation = Map.groupBy(parts.flat(), (row) => row.conversation_id);
    const inOrder = ranges.flatMap(({ conversationId }) => byConversation.get(conversationId) ?? []);
    return withinSize(inOrder.map(entryOf), bytes);
  }

  changes(query: ChangesQuery): Promise<MessageEntry[]> {
    return this.amended.changes(query);
  }

  changedCount(conversationId: ConversationId, after: number, max: number): Promise<number> {
    return this.amended.changedCount(conversationId, after, max);
  }

  messages(conversationId: ConversationId, seqs: readonly number[]): Promise<MessageEntry[]> {
    return this.amended.messages(conversationId, seqs);
  }

  pins(conversationId: ConversationId): Promise<MessageEntry[]> {
    return this.amended.pins(conversationId);
  }

  ownReactions(userId: UserId, reactions: readonly MessageReaction[]): Promise<MessageReaction[]> {
    return this.amended.ownReactions(userId, reactions);
  }

  reactedUsers(reaction: MessageReaction, page: { after: UserId | null; limit: number }): Promise<UserId[]> {
    return this.amended.reactedUsers(reaction, page);
  }

  async messageCountAt(conversationId: ConversationId, seq: number): Promise<number> {
    if (seq === 0) return 0;
    const [row] = await this.database.at(
      conversationId,
      (sql, shard) => sql<{ message_count: number }[]>`
        SELECT message_count FROM entries
        WHERE shard = served(${shard}) AND conversation_id = ${conversationId} AND seq = ${seq}`,
    );
    if (!row) throw new Error(`conversation ${conversationId} has no entry ${seq}`);
    return row.message_count;
  }

  async settleActivity(partition: number, { nowMs, asOfMs }: { nowMs: number; asOfMs: number }): Promise<number> {
    const rows = await this.database.inShard(
      partition,
      (sql, shard) => sql<{ conversation_id: ConversationId }[]>`
        WITH ahead AS MATERIALIZED (
          SELECT conversation_id, seq, at_ms FROM entries
          WHERE shard = ${shard} AND at_ms > ${nowMs + aheadMaxMs}::bigint
        )
        INSERT INTO activity_times AS t (shard, conversation_id, head_seq, at_ms)
        SELECT writable(${shard}), c.id, c.head_seq,
          ${asOfMs}::bigint - row_number() OVER (ORDER BY ahead.at_ms DESC, c.id DESC)
        FROM ahead JOIN conversations c ON c.shard = ${shard} AND c.id = ahead.conversation_id AND c.head_seq = ahead.seq
        ON CONFLICT (shard, conversation_id) DO UPDATE SET head_seq = excluded.head_seq, at_ms = excluded.at_ms
          WHERE t.head_seq <> excluded.head_seq
        RETURNING conversation_id`,
    );
    return rows.length;
  }

  private async facts(needed: FactsNeeded): Promise<Facts> {
    const idsOf = Map.groupBy(needed.conversationIds, this.shardOf);
    const participantsOf = Map.groupBy(needed.participants, ({ conversationId }) => conversationId);
    const bannedOf = Map.groupBy(needed.banned, ({ conversationId }) => conversationId);
    const repeatsOf = Map.groupBy(needed.repeats, ({ conversationId }) => conversationId);
    const reachesOf = Map.groupBy(needed.reaches, ({ partition }) => partition);
    const parts = await this.database.atEachShard(
      [...new Set([...idsOf.keys(), ...reachesOf.keys()])],
      (shard) => shard,
      (sql, group) => {
        const conversationIds = group.flatMap((shard) => idsOf.get(shard) ?? []);
        const amendments = needed.amendments && amendmentsIn(needed.amendments, new Set(conversationIds));
        const neededThere = {
          conversationIds,
          participants: conversationIds.flatMap((id) => participantsOf.get(id) ?? []),
          banned: conversationIds.flatMap((id) => bannedOf.get(id) ?? []),
          repeats: conversationIds.flatMap((id) => repeatsOf.get(id) ?? []),
          reaches: group.flatMap((shard) => reachesOf.get(shard) ?? []),
          ...(amendments && { amendments }),
        };
        return loadFacts(sql, neededThere, this.shardOf);
      },
    );
    return allFacts(parts);
  }
}

/** What is needed of these conversations; undefined for nothing. */
function amendmentsIn(
  { messages, reactions, pinCounts, records }: AmendmentFactsNeeded,
  conversationIds: ReadonlySet<ConversationId>,
): AmendmentFactsNeeded | undefined {
  const isIn = ({ conversationId }: { conversationId: ConversationId }) => conversationIds.has(conversationId);
  const there = messages.filter(isIn);
  if (there.length === 0) return undefined;
  return {
    messages: there,
    reactions: reactions.filter(isIn),
    pinCounts: pinCounts.filter((id) => conversationIds.has(id)),
    records: records.filter(isIn),
  };
}
