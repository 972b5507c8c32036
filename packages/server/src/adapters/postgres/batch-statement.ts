import { amendmentsTable, pinsTable, reactionsTable } from '../rows/amendment-tables.ts';
import { bansTable, conversationsTable, participantsTable } from '../rows/conversation-tables.ts';
import { entriesTable } from '../rows/entry-rows.ts';
import { type AnyTable, columnList } from '../rows/table.ts';
import { json, type Sql } from './pool.ts';
import { columnsOf, recordsetOf } from './recordset.ts';

/** The rows of one statement, each kind sorted by its key. */
interface BatchRows {
  /** New positions of logs, each with the position that the row must have until then. */
  reached: readonly object[];
  /** New heads, each with `decided_by` and `decided_revision`, the numbers that the row must have until then. */
  moved: readonly object[];
  /** Heads of new conversations. */
  made: readonly object[];
  log: readonly object[];
  participants: readonly object[];
  bans: readonly object[];
  /** The keys of bans that are lifted. */
  lifted: readonly object[];
  /** The search terms of channels whose terms have changed, as `found_by`. */
  terms: readonly object[];
  /** Messages that existed before, with the columns that amendments change. */
  amended: readonly object[];
  /** Messages whose reactions are removed. */
  cleared: readonly object[];
  reacted: readonly object[];
  unreacted: readonly object[];
  pinned: readonly object[];
  unpinned: readonly object[];
  /** The commands of amendments. */
  commands: readonly object[];
}

type Kind = keyof BatchRows;

/** The part of the statement that writes each kind of rows, which are in the parameter `rows`. */
const parts: Record<Kind, (rows: string) => string> = {
  reached: (rows) => `
    reached AS MATERIALIZED (
      SELECT given.* FROM permitted, json_to_recordset(${rows}::json) AS given (
        shard smallint, log_id text, decided_to bigint, before_log_id text, before_decided_to bigint)
      WHERE permitted.shards > 0
    ), begun AS (
      INSERT INTO log_positions (shard, log_id, decided_to)
      SELECT shard, log_id, decided_to FROM reached WHERE before_log_id IS NULL
      RETURNING 1
    ), continued AS (
      UPDATE log_positions p SET (log_id, decided_to) = (r.log_id, r.decided_to) FROM reached r
      WHERE p.shard = r.shard AND p.log_id = r.before_log_id AND p.decided_to = r.before_decided_to
      RETURNING 1
    )`,
  moved: (rows) => `
    moved AS (
      UPDATE conversations c
      SET (${columnList(conversationsTable.changing)}) = ROW(${columnList(conversationsTable.changing, 'h')})
      FROM permitted, json_to_recordset(${rows}::json) AS h ${recordsetOf(conversationsTable, 'decided_by bigint', 'decided_revision bigint')}
      WHERE permitted.shards > 0 AND c.shard = h.shard AND c.id = h.id AND c.head_seq = h.decided_by
        AND c.revision = h.decided_revision
      RETURNING 1
    )`,
  made: (rows) => `made AS (${insertion(conversationsTable, rows)})`,
  log: (rows) => `log AS (${insertion(entriesTable, rows)})`,
  participants: (rows) => `joined AS (${upsert(participantsTable, rows)})`,
  bans: (rows) => `banned AS (${upsert(bansTable, rows)})`,
  lifted: (rows) => `unbanned AS (${deletion(bansTable, rows)})`,
  // Both parts see the terms before the statement: terms that stay are neither deleted nor inserted.
  terms: (rows) => `
    renamed AS MATERIALIZED (
      SELECT given.* FROM permitted, json_to_recordset(${rows}::json)
        AS given (shard smallint, conversation_id text, found_by json)
      WHERE permitted.shards > 0
    ), lost AS (
      DELETE FROM channel_terms t USING renamed r
      WHERE t.shard = r.shard AND t.conversation_id = r.conversation_id
        AND t.term NOT IN (SELECT json_array_elements_text(r.found_by))
    ), found AS (
      INSERT INTO channel_terms (shard, conversation_id, term)
      SELECT shard, conversation_id, json_array_elements_text(found_by) FROM renamed
      ON CONFLICT DO NOTHING
    )`,
  amended: (rows) => `
    amended AS (
      UPDATE entries e SET (text, revision, reply_to, amended) = ROW(a.text, a.revision, a.reply_to, a.amended)
      FROM permitted, json_to_recordset(${rows}::json) AS a ${recordsetOf(entriesTable)}
      WHERE permitted.shards > 0 AND e.shard = a.shard AND e.conversation_id = a.conversation_id AND e.seq = a.seq
    )`,
  cleared: (rows) => `cleared AS (${deletion(reactionsTable, rows, ['conversation_id', 'seq'])})`,
  reacted: (rows) => `reacted AS (${insertion(reactionsTable, rows)})`,
  unreacted: (rows) => `unreacted AS (${deletion(reactionsTable, rows)})`,
  pinned: (rows) => `pinned AS (${insertion(pinsTable, rows)})`,
  unpinned: (rows) => `unpinned AS (${deletion(pinsTable, rows)})`,
  commands: (rows) => `commands AS (${insertion(amendmentsTable, rows)})`,
};

/** The number of rows that must have been unchanged since they were read. */
const checks: Partial<Record<Kind, (rows: string) => string>> = {
  reached: (rows) =>
    `(SELECT count(*) FROM begun) + (SELECT count(*) FROM continued) = json_array_length(${rows}::json)`,
  moved: (rows) => `(SELECT count(*) FROM moved) = json_array_length(${rows}::json)`,
};

const kinds = Object.keys(parts) as Kind[];
const statements = new Map<string, string>();

/**
 * Writes a batch in one statement with a part for each kind of rows that the batch has: most batches only append
 * messages. Raises PA002, and writes nothing, when a head or position has changed since it was read.
 */
export async function writeBatch(sql: Sql, shards: readonly number[], batch: BatchRows): Promise<void> {
  const given = kinds.filter((kind) => batch[kind].length > 0);
  const name = given.join();
  const statement = statements.get(name) ?? statementOf(given);
  statements.set(name, statement);
  await sql.unsafe(statement, [[...shards], ...given.map((kind) => json(sql, batch[kind]))], { prepare: true });
}

/** The first parameter has the shards, the others have the rows of these kinds. */
function statementOf(given: readonly Kind[]): string {
  const rowsOf = (kind: Kind) => `$${given.indexOf(kind) + 2}`;
  const permitted = 'permitted AS MATERIALIZED (SELECT all_writable($1::smallint[]) AS shards)';
  const checked = given.flatMap((kind) => checks[kind]?.(rowsOf(kind)) ?? []);
  return `
    WITH ${[permitted, ...given.map((kind) => parts[kind](rowsOf(kind)))].join(', ')}
    SELECT as_decided(${['permitted.shards > 0', ...checked].join(' AND ')}) FROM permitted`;
}

function insertion(table: AnyTable, rows: string): string {
  return `
    INSERT INTO ${table.name} (${columnsOf(table)}) SELECT ${columnsOf(table)}
    FROM permitted, json_to_recordset(${rows}::json) AS given ${recordsetOf(table)}
    WHERE permitted.shards > 0`;
}

/** Inserts the rows, or updates those with their keys. */
function upsert(table: AnyTable, rows: string): string {
  return `
    ${insertion(table, rows)}
    ON CONFLICT (${columnList(['shard', ...table.description.key])}) DO UPDATE
    SET (${columnList(table.changing)}) = ROW(${columnList(table.changing, 'excluded')})`;
}

/** Deletes the rows with these values in `columns`, the key unless others are given. */
function deletion(table: AnyTable, rows: string, columns: readonly string[] = table.description.key): string {
  return `
    DELETE FROM ${table.name} t
    USING permitted, json_to_recordset(${rows}::json) AS given ${recordsetOf(table)}
    WHERE permitted.shards > 0 AND t.shard = given.shard
      AND ${columns.map((column) => `t.${column} = given.${column}`).join(' AND ')}`;
}
