import type { ConversationId } from '@parley/protocol';
import { type Facts, type FactsNeeded, participantKey, repeatKey } from '../../history/history-port.ts';
import { firstLevel } from '../../platform/features.ts';
import {
  type BanRow,
  conversationsTable,
  type HeadRow,
  type ParticipantRow,
  participantsTable,
} from '../rows/conversation-tables.ts';
import { type EntryRow, storedMessageOf } from '../rows/entry-rows.ts';
import { type AmendmentFactsRow, amendmentFactsOf, amendmentSelects, mergedAmendments } from './amendment-facts.ts';
import { levelHere } from './feature-level.ts';
import { decidedOf, type LogPositionRow } from './log-positions.ts';
import type { Sql } from './pool.ts';

interface FactsRow extends AmendmentFactsRow {
  heads: HeadRow[] | null;
  participants: ParticipantRow[] | null;
  banned: Pick<BanRow, 'conversation_id' | 'user_id'>[] | null;
  repeats: EntryRow[] | null;
  decided: LogPositionRow[] | null;
  epochs: { shard: number; epoch: string }[] | null;
  level: number;
}

/** Loads the facts of a batch from one server in one statement, so that they are of one moment. */
export async function loadFacts(
  sql: Sql,
  needed: FactsNeeded,
  shardOf: (conversationId: ConversationId) => number,
): Promise<Facts> {
  const { conversationIds, participants, banned, repeats, reaches, amendments } = needed;
  const shards = conversationIds.map(shardOf);
  const partitions = reaches.map(({ partition }) => partition);
  const asked = [...new Set([...shards, ...partitions])];
  const [row] = await sql<FactsRow[]>`
    SELECT
      (SELECT count(served(shard)) FROM unnest(${asked}::smallint[]) AS shard) AS served,
      (SELECT json_agg(c) FROM unnest(${shards}::smallint[], ${conversationIds}::text[]) AS wanted (shard, id)
        JOIN conversations c USING (shard, id)) AS heads,
      (SELECT json_agg(p) FROM unnest(
          ${participants.map(({ conversationId }) => shardOf(conversationId))}::smallint[],
          ${participants.map(({ conversationId }) => conversationId)}::text[],
          ${participants.map(({ userId }) => userId)}::text[]
        ) AS wanted (shard, conversation_id, user_id)
        JOIN participants p USING (shard, conversation_id, user_id)) AS participants,
      ${bannedOf(sql, banned, shardOf)} AS banned,
      (SELECT json_agg(e) FROM unnest(
          ${repeats.map(({ conversationId }) => shardOf(conversationId))}::smallint[],
          ${repeats.map(({ conversationId }) => conversationId)}::text[],
          ${repeats.map(({ actorId }) => actorId)}::text[],
          ${repeats.map(({ commandId }) => commandId)}::text[]
        ) AS wanted (shard, conversation_id, sender_id, command_id)
        JOIN entries e USING (shard, conversation_id, sender_id, command_id)) AS repeats,
      (SELECT json_agg(p) FROM log_positions p WHERE shard = ANY(${partitions}::smallint[])) AS decided,
      (SELECT json_agg(s) FROM shard_epochs s WHERE shard = ANY(${asked}::smallint[])) AS epochs,
      ${amendments ? amendmentSelects(sql, amendments, shardOf) : sql``}
      ${levelHere(sql)} AS level`;
  if (!row) throw new Error('a query of facts returned no row');
  const epochs = new Map(row.epochs?.map(({ shard, epoch }) => [shard, epoch]));
  return {
    heads: new Map(row.heads?.map((head) => [head.id, conversationsTable.fromRow(head)])),
    participants: new Map(
      row.participants?.map((participant) => [
        participantKey(participant.conversation_id, participant.user_id),
        participantsTable.fromRow(participant),
      ]),
    ),
    banned: new Set(row.banned?.map((ban) => participantKey(ban.conversation_id, ban.user_id))),
    repeats: new Map(
      row.repeats?.map((entry) => [
        repeatKey(entry.conversation_id, entry.sender_id, entry.command_id),
        storedMessageOf(entry),
      ]),
    ),
    ...(amendments && { amendments: amendmentFactsOf(row) }),
    decided: new Map(row.decided?.map((position) => [position.shard, decidedOf(position)])),
    epochs: new Map(conversationIds.map((id) => [id, epochs.get(shardOf(id))])),
    level: row.level,
  };
}

/** SQL for the bans among these users. Most batches have only messages, which depend on no ban. */
function bannedOf(sql: Sql, banned: FactsNeeded['banned'], shardOf: (conversationId: ConversationId) => number) {
  if (banned.length === 0) return sql`NULL`;
  return sql`
    (SELECT json_agg(json_build_object('conversation_id', conversation_id, 'user_id', user_id)) FROM unnest(
        ${banned.map(({ conversationId }) => shardOf(conversationId))}::smallint[],
        ${banned.map(({ conversationId }) => conversationId)}::text[],
        ${banned.map(({ userId }) => userId)}::text[]
      ) AS wanted (shard, conversation_id, user_id)
      JOIN bans USING (shard, conversation_id, user_id))`;
}

/** Merges the facts of several servers. */
export function allFacts(parts: readonly Facts[]): Facts {
  const [only, ...others] = parts;
  if (only && others.length === 0) return only;
  return {
    heads: new Map(parts.flatMap((part) => [...part.heads])),
    participants: new Map(parts.flatMap((part) => [...part.participants])),
    banned: new Set(parts.flatMap((part) => [...part.banned])),
    repeats: new Map(parts.flatMap((part) => [...part.repeats])),
    ...mergedAmendments(parts.flatMap(({ amendments }) => amendments ?? [])),
    decided: new Map(parts.flatMap((part) => [...part.decided])),
    epochs: new Map(parts.flatMap((part) => [...part.epochs])),
    level: Math.max(firstLevel, ...parts.map(({ level }) => level)),
  };
}
