import type { ConversationId } from '@parley/protocol';
import type { UserReaction } from '../../conversations/amendment.ts';
import {
  type AmendmentFacts,
  type AmendmentFactsNeeded,
  messageKey,
  reactionKey,
  repeatKey,
} from '../../history/history-port.ts';
import { type AmendmentRow, amendmentsTable, reactionsTable } from '../rows/amendment-tables.ts';
import { type EntryRow, storedMessageOf } from '../rows/entry-rows.ts';
import type { RowOf } from '../rows/table.ts';
import type { Sql } from './pool.ts';

/** The columns of the statement that loads facts, if the batch has amendments or replies. */
export interface AmendmentFactsRow {
  messages?: EntryRow[] | null;
  reactions?: RowOf<UserReaction>[] | null;
  pin_counts?: { conversation_id: ConversationId; count: number }[] | null;
  records?: AmendmentRow[] | null;
}

export function amendmentSelects(
  sql: Sql,
  { messages, reactions, pinCounts, records }: AmendmentFactsNeeded,
  shardOf: (conversationId: ConversationId) => number,
) {
  const of = <Item extends { conversationId: ConversationId }>(items: readonly Item[]) => ({
    shards: items.map(({ conversationId }) => shardOf(conversationId)),
    ids: items.map(({ conversationId }) => conversationId),
  });
  return sql`
      (SELECT json_agg(e) FROM unnest(
          ${of(messages).shards}::smallint[], ${of(messages).ids}::text[], ${messages.map(({ seq }) => seq)}::bigint[]
        ) AS wanted (shard, conversation_id, seq)
        JOIN entries e USING (shard, conversation_id, seq)) AS messages,
      (SELECT json_agg(r) FROM unnest(
          ${of(reactions).shards}::smallint[], ${of(reactions).ids}::text[],
          ${reactions.map(({ seq }) => seq)}::bigint[], ${reactions.map(({ emoji }) => emoji)}::text[],
          ${reactions.map(({ userId }) => userId)}::text[]
        ) AS wanted (shard, conversation_id, seq, emoji, user_id)
        JOIN reactions r USING (shard, conversation_id, seq, emoji, user_id)) AS reactions,
      (SELECT json_agg(json_build_object('conversation_id', conversation_id, 'count', (
          SELECT count(*) FROM pins p WHERE p.shard = wanted.shard AND p.conversation_id = wanted.conversation_id
        ))) FROM unnest(${pinCounts.map(shardOf)}::smallint[], ${pinCounts}::text[])
          AS wanted (shard, conversation_id)) AS pin_counts,
      (SELECT json_agg(a) FROM unnest(
          ${of(records).shards}::smallint[], ${of(records).ids}::text[],
          ${records.map(({ actorId }) => actorId)}::text[], ${records.map(({ commandId }) => commandId)}::text[]
        ) AS wanted (shard, conversation_id, sender_id, command_id)
        JOIN amendments a USING (shard, conversation_id, sender_id, command_id)) AS records,`;
}

export function amendmentFactsOf({
  messages,
  reactions,
  pin_counts: pins,
  records,
}: AmendmentFactsRow): AmendmentFacts {
  return {
    messages: new Map(messages?.map((row) => [messageKey(row.conversation_id, row.seq), storedMessageOf(row)])),
    reactions: new Set(reactions?.map((row) => reactionKey(reactionsTable.fromRow(row)))),
    pinCounts: new Map(pins?.map(({ conversation_id, count }) => [conversation_id, count])),
    records: new Map(
      records?.map((row) => [
        repeatKey(row.conversation_id, row.sender_id, row.command_id),
        amendmentsTable.fromRow(row),
      ]),
    ),
  };
}

/** Merges the facts of several servers; nothing if there are none. */
export function mergedAmendments(parts: readonly AmendmentFacts[]): { amendments?: AmendmentFacts } {
  if (parts.length === 0) return {};
  const amendments = {
    messages: new Map(parts.flatMap((part) => [...part.messages])),
    reactions: new Set(parts.flatMap((part) => [...part.reactions])),
    pinCounts: new Map(parts.flatMap((part) => [...part.pinCounts])),
    records: new Map(parts.flatMap((part) => [...part.records])),
  };
  return { amendments };
}
