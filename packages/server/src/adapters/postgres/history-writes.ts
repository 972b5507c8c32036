import type { ConversationId } from '@parley/protocol';
import type { ConversationHead } from '../../conversations/conversation.ts';
import type { AmendmentChanges, Changes, Facts } from '../../history/history-port.ts';
import { searchTerms } from '../../platform/search-terms.ts';
import { amendmentsTable, pinsTable, reactionsTable, storedRecords } from '../rows/amendment-tables.ts';
import { bansTable, conversationsTable, participantsTable } from '../rows/conversation-tables.ts';
import { entriesTable, storedAmendment, storedEntry } from '../rows/entry-rows.ts';
import { writeBatch } from './batch-statement.ts';
import { reachedRow } from './log-positions.ts';
import type { Sql } from './pool.ts';

/** The changes of a batch in one shard. */
export interface ShardChanges extends Changes {
  shard: number;
  amendments: AmendmentChanges;
}

const nothingAmended: AmendmentChanges = { messages: [], records: [], reactions: [], pins: [] };

/** Groups changes by shard, sorted by conversation. */
export function changesByShard(
  { heads, entries, participants, banChanges, reaches, amendments = nothingAmended }: Changes,
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
  const banChangesOf = inShards(banChanges, ({ conversationId }) => conversationId);
  const reachesOf = Map.groupBy(reaches, ({ partition }) => partition);
  const ofMessage = ({ conversationId }: { conversationId: ConversationId }) => conversationId;
  const messagesOf = inShards(amendments.messages, ({ entry }) => entry.conversationId);
  const recordsOf = inShards(amendments.records, ofMessage);
  const reactionsOf = inShards(amendments.reactions, ofMessage);
  const pinsOf = inShards(amendments.pins, ofMessage);
  const shards = new Set([...headsOf.keys(), ...entriesOf.keys(), ...participantsOf.keys(), ...reachesOf.keys()]);
  return Array.from(shards, (shard) => ({
    shard,
    heads: headsOf.get(shard) ?? [],
    entries: entriesOf.get(shard) ?? [],
    participants: participantsOf.get(shard) ?? [],
    banChanges: banChangesOf.get(shard) ?? [],
    reaches: reachesOf.get(shard) ?? [],
    // Every amendment changes a head, so all of these are in the shards above.
    amendments: {
      messages: messagesOf.get(shard) ?? [],
      records: recordsOf.get(shard) ?? [],
      reactions: reactionsOf.get(shard) ?? [],
      pins: pinsOf.get(shard) ?? [],
    },
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
      decided_revision: facts.heads.get(head.id)?.revision ?? 0,
    })),
  );
  const participants = ordered.flatMap((each) =>
    each.participants.map((participant) => ({ ...participantsTable.toRow(participant), shard: each.shard })),
  );
  const bans = ordered.flatMap((each) =>
    each.banChanges.flatMap(({ ban }) => (ban ? [{ ...bansTable.toRow(ban), shard: each.shard }] : [])),
  );
  const lifted = ordered.flatMap((each) =>
    each.banChanges.flatMap(({ conversationId, userId, ban }) =>
      ban ? [] : [{ shard: each.shard, conversation_id: conversationId, user_id: userId }],
    ),
  );
  const log = ordered.flatMap((each) =>
    each.entries.map(({ commandId, ...message }) => ({
      ...entriesTable.toRow(storedEntry(message, commandId)),
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
      ...{ reached, log, terms, participants, bans, lifted, ...amendmentRows(ordered) },
      made: heads.filter((head) => head.decided_by === 0),
      moved: heads.filter((head) => head.decided_by > 0),
    },
  );
}

function amendmentRows(ordered: readonly ShardChanges[]) {
  const rows = <Item, Row extends object>(items: (of: AmendmentChanges) => readonly Item[], row: (item: Item) => Row) =>
    ordered.flatMap(({ shard, amendments }) => items(amendments).map((item) => ({ ...row(item), shard })));
  const messages = rows(
    (of) => of.messages,
    (message) => {
      const { replyTo: reply_to, ...columns } = storedAmendment(message);
      const { conversationId: conversation_id, seq, deleted } = message.entry;
      return { conversation_id, seq, ...columns, reply_to, isDeleted: deleted !== undefined };
    },
  );
  const reactions = rows(
    (of) => of.reactions,
    (reaction) => ({ ...reactionsTable.toRow(reaction), set: reaction.set }),
  );
  const pins = rows(
    (of) => of.pins,
    (pin) => ({ ...pinsTable.toRow(pin), set: pin.set }),
  );
  return {
    amended: messages,
    cleared: messages.filter(({ isDeleted }) => isDeleted),
    reacted: reactions.filter(({ set }) => set),
    unreacted: reactions.filter(({ set }) => !set),
    pinned: pins.filter(({ set }) => set),
    unpinned: pins.filter(({ set }) => !set),
    commands: rows((of) => storedRecords(of.records), amendmentsTable.toRow),
  };
}

/** Whether the search terms of the channel have changed. */
function isFoundDifferently(head: ConversationHead, before: ConversationHead | undefined): boolean {
  return head.kind === 'channel' && (before?.name !== head.name || before.closed !== head.closed);
}

function termsOf({ closed, name }: ConversationHead): string[] {
  return closed || name === null ? [] : searchTerms(name);
}
