import { participantsTable } from '../rows/conversation-tables.ts';
import { references } from '../rows/tables.ts';

/** A query that returns a sentence for each fault in `fault`; `remedy` says what to do about them. */
export interface Relation {
  query: string;
  remedy: string;
}

const restore = 'restore a backup with "parley restore"';

/** Relations within and between tables that the replay of entries does not check. */
export const relations: readonly Relation[] = [
  ...references.map(({ table, column, to }) => ({
    query: `SELECT '${table} has a row whose ${column} is ' || t.${column} || ', which is not in ${to}' AS fault
      FROM (SELECT DISTINCT ${column} FROM ${table}) t LEFT JOIN ${to} r ON r.id = t.${column}
      WHERE t.${column} IS NOT NULL AND r.id IS NULL`,
    remedy: restore,
  })),
  {
    query: `SELECT 'contract 2: conversation ' || conversation_id || ' has ' || count(*) || ' entries of '
        || sender_id || ' for the one command ' || command_id AS fault
      FROM entries GROUP BY conversation_id, sender_id, command_id HAVING count(*) > 1`,
    remedy: restore,
  },
  ...participantsTable.changing.map((column) => ({
    query: `SELECT 'contract 6: the index by user has ${column} ' || coalesce(m.${column}, 'null') || ' for ' || m.user_id
        || ' in conversation ' || m.conversation_id || ', the conversation has ' || coalesce(p.${column}, 'null') AS fault
      FROM participants p JOIN memberships m ON m.user_id = p.user_id AND m.conversation_id = p.conversation_id
      WHERE m.${column} IS NOT p.${column}`,
    remedy: restore,
  })),
  {
    query: `SELECT 'contract 6: the index by user lacks ' || p.user_id || ' in conversation ' || p.conversation_id AS fault
      FROM participants p LEFT JOIN memberships m ON m.user_id = p.user_id AND m.conversation_id = p.conversation_id
      WHERE m.user_id IS NULL`,
    remedy: restore,
  },
  {
    query: `SELECT 'contract 6: the index by user has ' || m.user_id || ' in conversation ' || m.conversation_id
        || ', which has no such participant' AS fault
      FROM memberships m LEFT JOIN participants p ON m.user_id = p.user_id AND m.conversation_id = p.conversation_id
      WHERE p.user_id IS NULL`,
    remedy: restore,
  },
  {
    query: `SELECT 'contract 6: the index by user says of conversation ' || c.id || ' for ' || m.user_id
        || iif(m.broadcast, ' that it is', ' that it is not') || ' broadcast' AS fault
      FROM conversations c JOIN participants p ON p.conversation_id = c.id
      JOIN memberships m ON m.user_id = p.user_id AND m.conversation_id = c.id
      WHERE p.left_seq IS NULL AND m.broadcast <> (c.broadcast_seq > 0)`,
    remedy: restore,
  },
  {
    query: `SELECT 'contract 6: ' || r.user_id || ' has read conversation ' || r.conversation_id || ' up to entry ' || r.seq
        || ', message ' || r.message_count || '; it has '
        || coalesce('message ' || e.message_count || ' there', 'no such entry') AS fault
      FROM read_positions r LEFT JOIN entries e ON e.conversation_id = r.conversation_id AND e.seq = r.seq
      WHERE r.message_count IS NOT iif(r.seq = 0, 0, e.message_count)`,
    remedy: restore,
  },
  {
    query: `SELECT 'contract 6: ' || r.user_id || ' has read conversation ' || r.conversation_id
        || ', in which they never were a participant' AS fault
      FROM read_positions r LEFT JOIN participants p ON p.conversation_id = r.conversation_id AND p.user_id = r.user_id
      WHERE p.user_id IS NULL`,
    remedy: restore,
  },
  {
    query: `SELECT 'two read positions of ' || user_id || ' have revision ' || revision AS fault
      FROM read_positions WHERE revision > 0 GROUP BY user_id, revision HAVING count(*) > 1`,
    remedy: restore,
  },
  {
    query: `SELECT 'a read position of ' || user_id || ' in conversation ' || conversation_id || ' has revision '
        || revision || ', below 0' AS fault
      FROM read_positions WHERE revision < 0`,
    remedy: restore,
  },
  {
    query: `SELECT 'conversation ' || c.id || ' has a list time for entry ' || t.head_seq || ', but its newest entry is '
        || c.head_seq AS fault
      FROM activity_times t JOIN conversations c ON c.id = t.conversation_id WHERE t.head_seq > c.head_seq OR t.head_seq < 1`,
    remedy: restore,
  },
  {
    query: `SELECT 'conversation ' || e.conversation_id || ' has the list time ' || t.at_ms || ', which is not before the time of entry '
        || e.seq || ', ' || e.at_ms AS fault
      FROM activity_times t JOIN entries e ON e.conversation_id = t.conversation_id AND e.seq = t.head_seq
      WHERE t.at_ms >= e.at_ms`,
    remedy: restore,
  },
  {
    query: `SELECT 'an invitation of ' || coalesce(created_by, 'the operator') || ' has ' || uses_left || ' uses left' AS fault
      FROM invitations WHERE uses_left < 0`,
    remedy: restore,
  },
];
