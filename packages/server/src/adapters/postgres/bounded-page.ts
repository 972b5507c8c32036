import type postgres from 'postgres';
import { type EntryRow, entriesTable } from '../rows/entry-rows.ts';
import type { Sql } from './pool.ts';

type Fragment = postgres.PendingQuery<postgres.Row[]>;

/**
 * The entries of a page in the order `by`, up to `textBytes` of text together, but at least one. `page` selects and
 * bounds them in the same order.
 */
export function boundedPage(
  sql: Sql,
  page: Fragment,
  { by, textBytes }: { by: Fragment; textBytes: number },
): postgres.PendingQuery<EntryRow[]> {
  return sql<EntryRow[]>`
    SELECT ${sql.unsafe(entriesTable.list())} FROM (
      SELECT *, row_number() OVER so_far AS nth, sum(octet_length(coalesce(text, ''))) OVER so_far AS bytes
      FROM (${page}) AS page
      WINDOW so_far AS (ORDER BY ${by} ROWS UNBOUNDED PRECEDING)
    ) AS measured
    WHERE nth = 1 OR bytes <= ${textBytes} ORDER BY nth`;
}
