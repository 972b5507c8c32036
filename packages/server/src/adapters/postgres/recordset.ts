import type { AnyTable, ColumnType } from '../rows/table.ts';

const types: Record<ColumnType, string> = {
  text: 'text COLLATE "C"',
  number: 'bigint',
  flag: 'boolean',
  time: 'timestamptz',
};

/** The columns of a table, as a statement lists them. */
export function columnsOf(table: AnyTable): string {
  return `shard, ${table.list()}`;
}

/** The columns and types of a table's rows, and of `others` that rows have beside them, for `json_to_recordset`. */
export function recordsetOf(table: AnyTable, ...others: string[]): string {
  const columns = table.columns.map((column) => `${column} ${types[table.typeOf(column) ?? 'text']}`);
  return `(${['shard smallint', ...columns, ...others].join(', ')})`;
}
