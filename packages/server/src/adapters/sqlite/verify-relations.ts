import { participantsTable } from '../rows/conversation-tables.ts';
import { entriesTable } from '../rows/entry-rows.ts';
import { references } from '../rows/tables.ts';
import { hourMs } from './heads.ts';

/** A query that returns a sentence for each fault in `fault`; `remedy` says what to do about them. */
export interface Relation {
  query: string;
  remedy: string;
}

const restore = 'restore a backup with "parley restore"';

/** Entries name conversations and users by numbers. */
const isStored = ({ table }: { table: string }) => table !== entriesTable.name;

/** Relations within and between tables that the replay of entries does not check. */
export const relations: readonly Relation[] = [
  ...references.filter(isStored).map(({ table, column, to }) => ({
    query: `SELECT '${table} has a row whose ${column} is ' || t.${column} || ', which is not in ${to}' AS fault
      FROM (SELECT DISTINCT ${column} FROM ${table}) t LEFT JOIN ${to} r ON r.id = t.${column}
      WHERE t.${column} IS NOT NULL AND r.id IS NULL`,
    remedy: restore,
  })),
  {
    query: `SELECT 'entries has rows of a conversation ' || t.conversation || ', which is not in conversations' AS fault
      FROM (SELECT DISTINCT conversation FROM entries) t LEFT JOIN conversations c ON c.number = t.conversation
      WHERE c.number IS NULL`,
    remedy: restore,
  },
  {
    query: `SELECT 'entries has a row whose sender is ' || t.sender || ', which is not in user_numbers' AS fault
      FROM (SELECT DISTINCT sender FROM entries) t LEFT JOIN user_numbers u ON u.number = t.sender
      WHERE u.number IS NULL`,
    remedy: restore,
  },
  {
    query: `SELECT 'user_numbers has a row whose id is ' || n.id || ', which is not in users' AS fault
      FROM user_numbers n LEFT JOIN users u ON u.id = n.id WHERE u.id IS NULL`,
    remedy: restore,
  },
  {
    query: `SELECT 'contract 2: there are ' || keys || ' keys of commands for ' || entries || ' entries' AS fault
      FROM (SELECT (SELECT count(*) FROM command_keys) AS keys, (SELECT count(*) FROM entries) AS entries)
      WHERE keys <> entries`,
    remedy: restore,
  },
  {
    query: `SELECT 'conversation ' || id || ' has its last entry in hour ' || last_entry_hour || ', but at ' || last_entry_at_ms
        AS fault
      FROM conversations WHERE last_entry_hour <> last_entry_at_ms / ${hourMs}`,
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
      FROM read_positions r LEFT JOIN conversations c ON c.id = r.conversation_id
      LEFT JOIN entries e ON e.number = (c.number << 32) + r.seq
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
    query: `SELECT 'a read position of ' || r.user_id || ' in conversation ' || c.id || ' has receipt ' || r.receipt_seq
        || ' and version ' || r.version || '; the newest entry is ' || c.head_seq AS fault
      FROM read_positions r JOIN conversations c ON c.id = r.conversation_id
      WHERE r.receipt_seq < 0 OR r.receipt_seq > c.head_seq OR r.version < (r.receipt_seq > 0)`,
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
    query: `SELECT 'conversation ' || c.id || ' has the list time ' || t.at_ms || ', which is not before the time of entry '
        || e.seq || ', ' || e.at_ms AS fault
      FROM activity_times t JOIN conversations c ON c.id = t.conversation_id
      JOIN entries e ON e.number = (c.number << 32) + t.head_seq
      WHERE t.at_ms >= e.at_ms`,
    remedy: restore,
  },
  {
    query: `SELECT 'an invitation of ' || coalesce(created_by, 'the operator') || ' has ' || uses_left || ' uses left' AS fault
      FROM invitations WHERE uses_left < 0`,
    remedy: restore,
  },
];
