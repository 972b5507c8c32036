import type { ConversationId, Entry } from '@parley/protocol';
import { aheadMaxMs } from '../../conversations/conversation.ts';
import type { Changes, Decision, Facts, FactsNeeded, HistoryRange, HistoryStore } from '../../history/history-port.ts';
import { Unavailable } from '../../platform/failures.ts';
import { type EntryRow, entriesTable, entryOf } from '../rows/entry-rows.ts';
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

  constructor(private readonly database: ShardedDatabase) {}

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
      const direction = order === 'oldest_first' ? sql`ASC` : sql`DESC`;
      return sql<EntryRow[]>`
        SELECT ${sql.unsafe(entriesTable.list())} FROM (
          SELECT *, row_number() OVER so_far AS nth, sum(octet_length(coalesce(text, ''))) OVER so_far AS bytes
          FROM (
            SELECT ${sql.unsafe(entriesTable.list())} FROM entries
            WHERE shard = served(${shard}) AND conversation_id = ${conversationId}
              AND seq BETWEEN ${fromSeq} AND ${toSeq}
            ORDER BY seq ${direction} LIMIT ${limit}
          ) AS page
          WINDOW so_far AS (ORDER BY seq ${direction} ROWS UNBOUNDED PRECEDING)
        ) AS measured
        WHERE nth = 1 OR bytes <= ${textBytes} ORDER BY nth`;
    });
    return rows.map(entryOf);
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
    const repeatsOf = Map.groupBy(needed.repeats, ({ conversationId }) => conversationId);
    const reachesOf = Map.groupBy(needed.reaches, ({ partition }) => partition);
    const parts = await this.database.atEachShard(
      [...new Set([...idsOf.keys(), ...reachesOf.keys()])],
      (shard) => shard,
      (sql, group) => {
        const conversationIds = group.flatMap((shard) => idsOf.get(shard) ?? []);
        const neededThere = {
          conversationIds,
          participants: conversationIds.flatMap((id) => participantsOf.get(id) ?? []),
          repeats: conversationIds.flatMap((id) => repeatsOf.get(id) ?? []),
          reaches: group.flatMap((shard) => reachesOf.get(shard) ?? []),
        };
        return loadFacts(sql, neededThere, this.shardOf);
      },
    );
    return allFacts(parts);
  }
}
