import { Database, type SQLQueryBindings } from 'bun:sqlite';
import { entriesTable } from '../rows/entry-rows.ts';
import type { AnyTable } from '../rows/table.ts';
import { epochOf } from './epoch.ts';
import { entriesOfId } from './numbered-entries.ts';

export type ExportedRow = Record<string, string | number | boolean | null>;

const pageRows = 1_000;

/** Reads a whole database as of one moment, table by table. */
export class Export {
  private readonly database: Database;

  constructor(file: string) {
    this.database = new Database(file, { readonly: true, strict: true });
  }

  /** All rows of the table in pages, in the order of its key; entries in the order in which they were written. */
  *pages(table: AnyTable): Generator<ExportedRow[]> {
    if (table.name === entriesTable.name) yield* this.entryPages();
    else yield* this.pagesByKey(table);
  }

  private *entryPages(): Generator<ExportedRow[]> {
    const page = this.database.query<ExportedRow, [number, number]>(
      `${entriesOfId} WHERE e.rowid > ?1 AND e.rowid <= ?2`,
    );
    const last =
      this.database.query<{ row: number | null }, []>('SELECT max(rowid) AS row FROM entries').get()?.row ?? 0;
    for (let after = 0; after < last; after += pageRows) yield page.all(after, after + pageRows);
  }

  private *pagesByKey(table: AnyTable): Generator<ExportedRow[]> {
    const { key } = table.description;
    const columns = key.join(', ');
    const first = this.database.query<ExportedRow, SQLQueryBindings[]>(
      `SELECT ${table.list()} FROM ${table.name} ORDER BY ${columns} LIMIT ${pageRows}`,
    );
    const next = this.database.query<ExportedRow, SQLQueryBindings[]>(
      `SELECT ${table.list()} FROM ${table.name} WHERE (${columns}) > (${key.map(() => '?').join(', ')})
       ORDER BY ${columns} LIMIT ${pageRows}`,
    );
    let rows = first.all();
    while (rows.length > 0) {
      yield rows.map((row) => withBooleans(table, row));
      const last = rows.at(-1) ?? {};
      rows = rows.length < pageRows ? [] : next.all(...key.map((column) => last[column] ?? null));
    }
  }

  /** The epoch of all rows. */
  get epoch(): string {
    return epochOf(this.database);
  }

  close(): void {
    this.database.close();
  }
}

/** SQLite stores booleans as numbers. */
function withBooleans(table: AnyTable, row: ExportedRow): ExportedRow {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, table.typeOf(column) === 'flag' ? value === 1 : value]),
  );
}
