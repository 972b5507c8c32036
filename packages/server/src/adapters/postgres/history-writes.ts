import type { ConversationId } from '@parley/protocol';
import type { ConversationHead } from '../../conversations/conversation.ts';
import type { Changes, Facts } from '../../history/history-port.ts';
import { searchTerms } from '../../platform/search-terms.ts';
import { headRow, participantRow } from '../rows/conversation-rows.ts';
import { entryRow } from '../rows/entry-rows.ts';
import { json, type Sql } from './pool.ts';

/** What a batch changes in one conversation. */
export interface ConversationChanges {
  conversationId: ConversationId;
  head: ConversationHead | undefined;
  entries: Changes['entries'];
  participants: Changes['participants'];
}

export function changesByConversation({ heads, entries, participants }: Changes): ConversationChanges[] {
  const entriesOf = Map.groupBy(entries, ({ entry }) => entry.conversationId);
  const participantsOf = Map.groupBy(participants, ({ conversationId }) => conversationId);
  const headOf = new Map(heads.map((head) => [head.id, head]));
  const conversationIds = new Set([...headOf.keys(), ...entriesOf.keys(), ...participantsOf.keys()]);
  return Array.from(conversationIds, (conversationId) => ({
    conversationId,
    head: headOf.get(conversationId),
    entries: entriesOf.get(conversationId) ?? [],
    participants: participantsOf.get(conversationId) ?? [],
  }));
}

/**
 * Writes it in one statement, if the conversations are still as `facts` found them. Rejects with what `isRepeatable`
 * knows, and nothing is written, when another distributor has changed one meanwhile (race 3).
 */
export async function writeChanges(
  sql: Sql,
  changes: readonly ConversationChanges[],
  facts: Facts,
  shardOf: (conversationId: ConversationId) => number,
): Promise<void> {
  const ordered = changes.toSorted((a, b) => (a.conversationId < b.conversationId ? -1 : 1));
  const shards = [...new Set(ordered.map(({ conversationId }) => shardOf(conversationId)))];
  const changedHeads = ordered.flatMap(({ head }) => head ?? []);
  const heads = changedHeads.map((head) => ({
    ...headRow(head, shardOf(head.id)),
    decided_by: facts.heads.get(head.id)?.headSeq ?? 0,
  }));
  const places = ordered.flatMap(({ participants }) =>
    participants.map((participant) => participantRow(participant, shardOf(participant.conversationId))),
  );
  const log = ordered.flatMap(({ entries }) =>
    entries.map(({ entry, commandId }) => entryRow(entry, commandId, shardOf(entry.conversationId))),
  );
  const terms = changedHeads.flatMap((head) =>
    isFoundDifferently(head, facts.heads.get(head.id))
      ? [{ shard: shardOf(head.id), conversation_id: head.id, found_by: termsOf(head) }]
      : [],
  );
  const some = (rows: readonly object[]) => (rows.length > 0 ? json(sql, rows) : null);
  await sql`
    SELECT apply_changes(
      ${shards}::smallint[],
      ${some(heads.filter((head) => head.decided_by === 0))}::json,
      ${some(heads.filter((head) => head.decided_by > 0))}::json,
      ${some(places)}::json, ${json(sql, log)}, ${some(terms)}::json
    )`;
}

/** Whether what a channel is found by has changed. */
function isFoundDifferently(head: ConversationHead, before: ConversationHead | undefined): boolean {
  return head.kind === 'channel' && (before?.name !== head.name || before.closed !== head.closed);
}

function termsOf({ closed, name }: ConversationHead): string[] {
  return closed || name === null ? [] : searchTerms(name);
}
