import { Database, type SQLQueryBindings } from 'bun:sqlite';
import { epochOf } from './epoch.ts';

/** The tables with what belongs to somebody, each with its key, in an order in which none needs a later one. */
const keys = {
  users: ['id'],
  conversations: ['id'],
  channel_terms: ['term', 'conversation_id'],
  entries: ['conversation_id', 'seq'],
  participants: ['conversation_id', 'user_id'],
  activity_times: ['conversation_id'],
  memberships: ['user_id', 'conversation_id'],
  read_positions: ['user_id', 'conversation_id'],
  user_terms: ['term', 'user_id'],
  sessions: ['token_hash'],
  device_secrets: ['user_id', 'secret_hash'],
  invitations: ['token_hash'],
} as const;

export type ExportedTable = keyof typeof keys;
export const exportedTables = Object.keys(keys) as ExportedTable[];

/** Columns that are true or false; SQLite has numbers for that. */
const booleans = new Set(['announce_only', 'broadcast', 'closed', 'administrator', 'disabled']);

export type ExportedRow = Record<string, string | number | boolean | null>;

const pageRows = 1_000;

/** Reads a database to the end, as it is at this moment, table by table. */
export class Export {
  private readonly database: Database;

  constructor(file: string) {
    this.database = new Database(file, { readonly: true, strict: true });
  }

  /** All rows of the table in pages, in the order of its key. */
  *pages(table: ExportedTable): Generator<ExportedRow[]> {
    const key = keys[table];
    const columns = key.join(', ');
    const first = this.database.query<ExportedRow, SQLQueryBindings[]>(
      `SELECT * FROM ${table} ORDER BY ${columns} LIMIT ${pageRows}`,
    );
    const next = this.database.query<ExportedRow, SQLQueryBindings[]>(
      `SELECT * FROM ${table} WHERE (${columns}) > (${key.map(() => '?').join(', ')}) ORDER BY ${columns} LIMIT ${pageRows}`,
    );
    let rows = first.all();
    while (rows.length > 0) {
      yield rows.map(withBooleans);
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

function withBooleans(row: ExportedRow): ExportedRow {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, booleans.has(column) ? value === 1 : value]),
  );
}
