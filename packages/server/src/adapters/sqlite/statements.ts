import type { AnyTable } from '../rows/table.ts';

/** Inserts a row, whose values are in the order of the table's columns. */
export function insertInto(table: AnyTable): string {
  return `INSERT INTO ${table.name} (${table.list()}) VALUES (${table.columns.map(() => '?').join(', ')})`;
}

/** Inserts a row, or changes the one of its key; columns that the table does not list stay as they are. */
export function put(table: AnyTable): string {
  const changes = table.changing.map((column) => `${column} = excluded.${column}`);
  return `${insertInto(table)} ON CONFLICT (${table.description.key.join(', ')}) DO UPDATE SET ${changes.join(', ')}`;
}
