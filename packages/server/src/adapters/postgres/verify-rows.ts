import { settingFault } from '../rows/settings-table.ts';
import { placingColumn, postgresTables, references } from '../rows/tables.ts';
import type { Sql } from './pool.ts';
import { functions, indexes, triggers } from './schema-objects.ts';
import type { ShardedDatabase } from './sharded-database.ts';

const pageKeys = 5_000;
/** The maximum number of faults of one kind in one shard. */
const sentencesMax = 100;

/** Checks for missing tables, columns, indexes, triggers and functions, and for invalid indexes. */
export async function formFaults(database: ShardedDatabase): Promise<string[]> {
  const made = [
    ...postgresTables.map(({ name }) => `table ${name}`),
    ...postgresTables.flatMap(({ name, columns }) => columns.map((column) => `column ${name}.${column}`)),
    ...indexes.map(({ name }) => `index ${name}`),
    ...functions.map((name) => `function ${name}`),
    ...triggers.map((name) => `trigger ${name}`),
  ];
  const unique = indexes.filter(({ isUnique }) => isUnique).map(({ name }) => name);
  const servers = await database.everywhere(
    (sql) => sql<{ server: string; present: string[]; unusable: string[] }[]>`
      SELECT current_database() AS server, ARRAY(
        SELECT 'table ' || tablename FROM pg_tables WHERE schemaname = current_schema()
        UNION SELECT 'column ' || table_name || '.' || column_name FROM information_schema.columns
          WHERE table_schema = current_schema()
        UNION SELECT 'index ' || indexname FROM pg_indexes WHERE schemaname = current_schema()
        UNION SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
        UNION SELECT 'trigger ' || tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
          WHERE c.relnamespace = current_schema()::regnamespace AND t.tgenabled <> 'D'
      ) AS present, ARRAY(
        SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = current_schema()::regnamespace
          AND (NOT i.indisvalid OR (NOT i.indisunique AND c.relname = ANY(${unique}::text[])))
      ) AS unusable`,
  );
  return servers
    .flat()
    .flatMap(({ server, present, unusable }) => [
      ...made
        .filter((each) => !present.includes(each))
        .map((each) => `database ${server} has no ${each}: restore it to an earlier moment`),
      ...unusable.map(
        (name) => `index ${name} of database ${server} is invalid or no longer unique: rebuild it with REINDEX`,
      ),
    ]);
}

/** Finds rows in another shard than that of their id, where no statement finds them. */
export async function* misplacedRows(database: ShardedDatabase, shard: number): AsyncGenerator<string> {
  for (const { name: table, description } of postgresTables) {
    const column = placingColumn(description.placement);
    if (column === undefined) continue;
    for (let after = ''; ; ) {
      const page: { key: string }[] = await database.inShard(
        shard,
        (sql) => sql<{ key: string }[]>`
          SELECT DISTINCT ${sql(column)} AS key FROM ${sql(table)}
          WHERE shard = served(${shard}) AND ${sql(column)} > ${after} ORDER BY 1 LIMIT ${pageKeys}`,
      );
      for (const { key } of page) {
        if (database.shardOf(key) === shard) continue;
        yield `${table} has rows of ${key} in shard ${shard}, where no statement finds them: they belong to shard ${database.shardOf(key)}: delete them`;
      }
      if (page.length < pageKeys) break;
      after = page.at(-1)?.key ?? '';
    }
  }
}

/** Finds faults within one shard that belong to no conversation and no account. */
export async function* rowFaults(database: ShardedDatabase, shard: number): AsyncGenerator<string> {
  const end = `restore PostgreSQL server ${database.serverOf(shard)} to an earlier moment`;
  const read = <Row>(query: (sql: Sql) => PromiseLike<Row[]>) => database.inShard(shard, query);
  // Rows of the index by user and read positions without an account are checked with the other shards.
  const within = references.filter(
    ({ table, sameShard }) => sameShard && table !== 'memberships' && table !== 'read_positions',
  );
  for (const { table, column, to } of within) {
    const rows = await read(
      (sql) => sql<{ fault: string }[]>`
        SELECT DISTINCT ${sql(column)} AS fault FROM ${sql(table)} t WHERE t.shard = served(${shard})
          AND NOT EXISTS (SELECT FROM ${sql(to)} r WHERE r.shard = t.shard AND r.id = t.${sql(column)})
        LIMIT ${sentencesMax}`,
    );
    for (const { fault } of rows) yield `${table} has a row whose ${column} is ${fault}, which is not in ${to}: ${end}`;
  }
  const doubled = await read(
    (sql) => sql<{ fault: string }[]>`
      SELECT 'contract 2: conversation ' || conversation_id || ' has ' || count(*) || ' entries of ' || sender_id
        || ' for the one command ' || command_id AS fault
      FROM entries WHERE shard = served(${shard})
      GROUP BY conversation_id, sender_id, command_id HAVING count(*) > 1 LIMIT ${sentencesMax}`,
  );
  const revisions = await read(
    (sql) => sql<{ fault: string }[]>`
      SELECT count(*) || ' read positions of ' || user_id || ' have revision ' || revision AS fault
      FROM read_positions WHERE shard = served(${shard})
      GROUP BY user_id, revision HAVING revision < 0 OR (revision > 0 AND count(*) > 1) LIMIT ${sentencesMax}`,
  );
  const invitations = await read(
    (sql) => sql<{ fault: string }[]>`
      SELECT 'an invitation of ' || coalesce(created_by, 'the operator') || ' has ' || uses_left || ' uses left' AS fault
      FROM invitations WHERE shard = served(${shard}) AND uses_left < 0 LIMIT ${sentencesMax}`,
  );
  const settings = await read(
    (sql) => sql<{ name: string; value: string }[]>`
      SELECT name, value FROM server_settings WHERE shard = served(${shard})`,
  );
  for (const row of settings) {
    const fault = settingFault(row);
    if (fault !== null) yield `${fault}: set it again, or delete the row`;
  }
  for (const { fault } of [...doubled, ...revisions, ...invitations]) yield `${fault}: ${end}`;
}
