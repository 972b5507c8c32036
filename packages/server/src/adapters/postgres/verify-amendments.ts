import type { ConversationId } from '@parley/protocol';
import type { StoredAmendments } from '../../verification/amendment-faults.ts';
import { type CheckedEntryRow, checkedEntryOf } from '../rows/entry-rows.ts';
import type { ShardedDatabase } from './sharded-database.ts';

interface AmendmentsRow extends Omit<StoredAmendments, 'head' | 'messages'> {
  id: ConversationId;
  revision: number;
  amended_at_ms: number;
  messages: CheckedEntryRow[];
}

/**
 * What these conversations store of amendments. One statement reads all of it, so it is of one moment: unlike entries,
 * amended messages change while a verification runs.
 */
export async function storedAmendmentsOf(
  database: ShardedDatabase,
  shard: number,
  ids: readonly ConversationId[],
): Promise<Map<ConversationId, StoredAmendments>> {
  const rows = await database.inShard(
    shard,
    (sql) => sql<AmendmentsRow[]>`
      SELECT c.id, c.revision, c.amended_at_ms,
        coalesce((
          SELECT json_agg(json_build_object(
            'conversation_id', e.conversation_id, 'seq', e.seq, 'message_count', e.message_count, 'at_ms', e.at_ms,
            'sender_id', e.sender_id, 'kind', e.kind, 'notice', e.notice, 'has_text', e.text IS NOT NULL,
            'revision', e.revision, 'reply_to', e.reply_to, 'amended', e.amended
          )) FROM entries e WHERE e.shard = c.shard AND e.conversation_id = c.id AND e.revision IS NOT NULL
        ), '[]') AS messages,
        coalesce((
          SELECT json_agg(r) FROM (
            SELECT seq, emoji, count(*) AS count FROM reactions r
            WHERE r.shard = c.shard AND r.conversation_id = c.id GROUP BY seq, emoji
          ) AS r
        ), '[]') AS reactions,
        coalesce((
          SELECT json_agg(p) FROM pins p WHERE p.shard = c.shard AND p.conversation_id = c.id
        ), '[]') AS pins,
        coalesce((
          SELECT json_agg(a) FROM amendments a WHERE a.shard = c.shard AND a.conversation_id = c.id
        ), '[]') AS records,
        coalesce((
          SELECT json_agg(json_build_object('userId', user_id)) FROM (
            SELECT user_id FROM reactions r WHERE r.shard = c.shard AND r.conversation_id = c.id
            UNION SELECT sender_id FROM amendments a WHERE a.shard = c.shard AND a.conversation_id = c.id
            EXCEPT SELECT user_id FROM participants p WHERE p.shard = c.shard AND p.conversation_id = c.id
          ) AS s
        ), '[]') AS strangers
      FROM conversations c WHERE c.shard = served(${shard}) AND c.id = ANY(${[...ids]}::text[])`,
  );
  return new Map(
    rows.map(({ id, revision, amended_at_ms: amendedAtMs, messages, ...others }) => {
      // A row that cannot be read is reported where all entries are checked.
      const entries = messages.map(checkedEntryOf).filter((entry) => entry?.kind === 'message');
      return [id, { head: { revision, amendedAtMs }, messages: entries, ...others }];
    }),
  );
}
