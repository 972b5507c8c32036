import type { AnyTable } from '../rows/table.ts';

/** Inserts a row with the values of all columns in order. */
export function insertInto(table: AnyTable): string {
  return `INSERT INTO ${table.name} (${table.list()}) VALUES (${table.columns.map(() => '?').join(', ')})`;
}

/** Inserts a row, or updates the row with its key; columns that the table does not list keep their values. */
export function put(table: AnyTable): string {
  const changes = table.changing.map((column) => `${column} = excluded.${column}`);
  return `${insertInto(table)} ON CONFLICT (${table.description.key.join(', ')}) DO UPDATE SET ${changes.join(', ')}`;
}
