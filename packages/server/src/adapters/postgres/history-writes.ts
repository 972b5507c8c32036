import type { ConversationId } from '@parley/protocol';
import type { ConversationHead } from '../../conversations/conversation.ts';
import type { Changes, Facts } from '../../history/history-port.ts';
import { searchTerms } from '../../platform/search-terms.ts';
import { conversationsTable, participantsTable } from '../rows/conversation-tables.ts';
import { entriesTable, storedEntry } from '../rows/entry-rows.ts';
import { writeBatch } from './batch-statement.ts';
import { reachedRow } from './log-positions.ts';
import type { Sql } from './pool.ts';

/** The changes of a batch in one shard. */
export interface ShardChanges extends Changes {
  shard: number;
}

/** Groups changes by shard, sorted by conversation. */
export function changesByShard(
  { heads, entries, participants, reaches }: Changes,
  shardOf: (conversationId: ConversationId) => number,
): ShardChanges[] {
  const inShards = <Item>(items: readonly Item[], idOf: (item: Item) => ConversationId) =>
    Map.groupBy(
      items.toSorted((a, b) => Number(idOf(a) > idOf(b)) - Number(idOf(a) < idOf(b))),
      (item) => shardOf(idOf(item)),
    );
  const headsOf = inShards(heads, ({ id }) => id);
  const entriesOf = inShards(entries, ({ entry }) => entry.conversationId);
  const participantsOf = inShards(participants, ({ conversationId }) => conversationId);
  const reachesOf = Map.groupBy(reaches, ({ partition }) => partition);
  const shards = new Set([...headsOf.keys(), ...entriesOf.keys(), ...participantsOf.keys(), ...reachesOf.keys()]);
  return Array.from(shards, (shard) => ({
    shard,
    heads: headsOf.get(shard) ?? [],
    entries: entriesOf.get(shard) ?? [],
    participants: participantsOf.get(shard) ?? [],
    reaches: reachesOf.get(shard) ?? [],
  }));
}

/**
 * Writes the changes in one statement, if conversations and positions are unchanged since `facts` were read. Otherwise,
 * when another distributor changed one meanwhile (race 3), it writes nothing and rejects with an error that
 * `isRepeatable` recognises. Rows are sorted by shard and conversation, so that two such statements cannot deadlock.
 */
export async function writeChanges(sql: Sql, changes: readonly ShardChanges[], facts: Facts): Promise<void> {
  const ordered = changes.toSorted((a, b) => a.shard - b.shard);
  const heads = ordered.flatMap((each) =>
    each.heads.map((head) => ({
      ...conversationsTable.toRow(head),
      shard: each.shard,
      decided_by: facts.heads.get(head.id)?.headSeq ?? 0,
    })),
  );
  const participants = ordered.flatMap((each) =>
    each.participants.map((participant) => ({ ...participantsTable.toRow(participant), shard: each.shard })),
  );
  const log = ordered.flatMap((each) =>
    each.entries.map(({ entry, commandId }) => ({
      ...entriesTable.toRow(storedEntry(entry, commandId)),
      shard: each.shard,
    })),
  );
  const terms = ordered.flatMap((each) =>
    each.heads
      .filter((head) => isFoundDifferently(head, facts.heads.get(head.id)))
      .map((head) => ({ shard: each.shard, conversation_id: head.id, found_by: termsOf(head) })),
  );
  const reached = ordered.flatMap((each) => each.reaches.map((reach) => reachedRow(reach, facts)));
  await writeBatch(
    sql,
    ordered.map(({ shard }) => shard),
    {
      ...{ reached, log, terms, participants },
      made: heads.filter((head) => head.decided_by === 0),
      moved: heads.filter((head) => head.decided_by > 0),
    },
  );
}

/** Whether the search terms of the channel have changed. */
function isFoundDifferently(head: ConversationHead, before: ConversationHead | undefined): boolean {
  return head.kind === 'channel' && (before?.name !== head.name || before.closed !== head.closed);
}

function termsOf({ closed, name }: ConversationHead): string[] {
  return closed || name === null ? [] : searchTerms(name);
}
