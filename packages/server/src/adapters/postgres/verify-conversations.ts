import { termsFault } from '../../platform/search-terms.ts';
import { amendmentFaults, type StoredAmendments } from '../../verification/amendment-faults.ts';
import { Replay } from '../../verification/replay.ts';
import {
  type BanRow,
  bansTable,
  conversationsTable,
  type HeadRow,
  type ParticipantRow,
  participantsTable,
} from '../rows/conversation-tables.ts';
import { type CheckedEntryRow, checkedEntryOf } from '../rows/entry-rows.ts';
import type { ShardedDatabase } from './sharded-database.ts';
import { storedAmendmentsOf } from './verify-amendments.ts';

const pageConversations = 200;
const pageEntries = 5_000;
/** The maximum number of participants and bans in memory, unless one conversation has more. */
const rowsAtOnce = 20_000;

interface CheckedConversation {
  head: HeadRow;
  /** The number of the newest entry when the head was read. */
  last_seq: number;
  participants: ParticipantRow[];
  bans: BanRow[];
  terms: string[];
  activity: { head_seq: number; at_ms: number; entry_at_ms: number | null } | null;
}

/**
 * Checks contract 3 and 8 in a conversation's own shard: heads, participants and bans follow from the entries. One
 * statement reads a head with its participants and bans, so they are of one moment; the entries up to that moment do not change. Yields
 * the number of conversations and entries, and a sentence for each fault.
 */
export async function* verifyConversations(database: ShardedDatabase, shard: number) {
  const end = `restore PostgreSQL server ${database.serverOf(shard)} to an earlier moment`;
  for (let after = ''; ; ) {
    const page: { id: string; rows: number }[] = await database.inShard(
      shard,
      (sql) => sql<{ id: string; rows: number }[]>`
        SELECT c.id, (
          SELECT count(*) FROM participants p WHERE p.shard = c.shard AND p.conversation_id = c.id
        ) + (
          SELECT count(*) FROM bans b WHERE b.shard = c.shard AND b.conversation_id = c.id
        ) AS rows
        FROM conversations c WHERE c.shard = served(${shard}) AND c.id > ${after} ORDER BY c.id LIMIT ${pageConversations}`,
    );
    for (const ids of batches(page)) {
      const checked = await conversationsOf(database, shard, ids);
      const { replays, entries } = await replayed(database, shard, checked);
      const amendments = await storedAmendmentsOf(database, shard, ids);
      const faults = checked.flatMap((conversation) => {
        const replay = replays.get(conversation.head.id);
        const found = [
          ...(replay?.end(
            conversation.participants.map(participantsTable.fromRow),
            conversation.bans.map(bansTable.fromRow),
          ) ?? []),
          ...ownFaults(conversation),
          ...amendmentFaultsOf(amendments.get(conversation.head.id)),
        ];
        return found.map((fault) => `conversation ${conversation.head.id}: ${fault}: ${end}`);
      });
      yield { conversations: checked.length, entries, faults };
    }
    const last = page.at(-1);
    if (!last || page.length < pageConversations) return;
    after = last.id;
  }
}

function amendmentFaultsOf(stored: StoredAmendments | undefined): string[] {
  return stored ? amendmentFaults(stored) : [];
}

function batches(page: readonly { id: string; rows: number }[]): string[][] {
  const result: string[][] = [];
  let room = 0;
  for (const { id, rows } of page) {
    if (rows > room) {
      result.push([]);
      room = rowsAtOnce;
    }
    result.at(-1)?.push(id);
    room -= rows + 1;
  }
  return result;
}

function conversationsOf(database: ShardedDatabase, shard: number, ids: string[]): Promise<CheckedConversation[]> {
  return database.inShard(
    shard,
    (sql) => sql<CheckedConversation[]>`
      SELECT to_json(c) AS head,
        coalesce((SELECT max(seq) FROM entries e WHERE e.shard = c.shard AND e.conversation_id = c.id), 0) AS last_seq,
        coalesce((
          SELECT json_agg(p) FROM participants p WHERE p.shard = c.shard AND p.conversation_id = c.id
        ), '[]') AS participants,
        coalesce((
          SELECT json_agg(b) FROM bans b WHERE b.shard = c.shard AND b.conversation_id = c.id
        ), '[]') AS bans,
        ARRAY(SELECT term FROM channel_terms t WHERE t.shard = c.shard AND t.conversation_id = c.id) AS terms,
        (
          SELECT json_build_object('head_seq', t.head_seq, 'at_ms', t.at_ms, 'entry_at_ms', e.at_ms)
          FROM activity_times t LEFT JOIN entries e
            ON e.shard = t.shard AND e.conversation_id = t.conversation_id AND e.seq = t.head_seq
          WHERE t.shard = c.shard AND t.conversation_id = c.id
        ) AS activity
      FROM conversations c WHERE c.shard = served(${shard}) AND c.id = ANY(${ids}::text[]) ORDER BY c.id`,
  );
}

async function replayed(database: ShardedDatabase, shard: number, checked: readonly CheckedConversation[]) {
  const replays = new Map(checked.map(({ head }) => [head.id, new Replay(conversationsTable.fromRow(head))]));
  const lastSeqs = new Map(checked.map(({ head, last_seq: lastSeq }) => [head.id, lastSeq]));
  const lastId = checked.at(-1)?.head.id ?? '';
  let entries = 0;
  for (let after = { id: checked[0]?.head.id ?? '', seq: 0 }; ; ) {
    const page: CheckedEntryRow[] = await database.inShard(
      shard,
      (sql) => sql<CheckedEntryRow[]>`
        SELECT conversation_id, seq, message_count, at_ms, sender_id, kind, notice, text IS NOT NULL AS has_text,
          revision, reply_to, amended
        FROM entries WHERE shard = served(${shard}) AND (conversation_id, seq) > (${after.id}, ${after.seq}::bigint)
          AND conversation_id <= ${lastId}
        ORDER BY conversation_id, seq LIMIT ${pageEntries}`,
    );
    for (const row of page) {
      if (row.seq > (lastSeqs.get(row.conversation_id) ?? 0)) continue;
      replays.get(row.conversation_id)?.add(row.seq, checkedEntryOf(row));
      entries++;
    }
    const last = page.at(-1);
    if (!last || page.length < pageEntries) return { replays, entries };
    after = { id: last.conversation_id, seq: last.seq };
  }
}

/** Checks the rows that are derived from the head. */
function ownFaults({ head, terms, activity }: CheckedConversation): string[] {
  const faults: string[] = [];
  if (head.kind === 'channel' && !head.closed) {
    const fault = termsFault(terms, [head.name ?? '']);
    if (fault !== null) faults.push(fault);
  } else if (terms.length > 0) faults.push('has search terms, although it is closed or not a channel');
  if (!activity) return faults;
  if (activity.head_seq > head.head_seq || activity.head_seq < 1) {
    faults.push(`has a list time for entry ${activity.head_seq}, but its newest entry is ${head.head_seq}`);
  } else if (activity.entry_at_ms !== null && activity.at_ms >= activity.entry_at_ms) {
    faults.push(
      `has the list time ${activity.at_ms}, which is not before the time ${activity.entry_at_ms} of entry ${activity.head_seq}`,
    );
  }
  return faults;
}
