/** A column of a table, as the database itself describes it. */
export interface Column {
  table: string;
  name: string;
  type: 'number' | 'flag' | 'text' | 'json' | 'time';
  nullable: boolean;
}

/** What is set instead of a value, as SQL: each of them a fault that a damaged page or a wrong program could make. */
export function plantsFor({ name, type, nullable }: Column, endings: readonly string[] = ['x']): string[] {
  const values: Record<Column['type'], string[]> = {
    number: ['+ 1', '- 1', '+ 1000000000000', '- 10000000000000'].map((change) => `coalesce(${name}, 0) ${change}`),
    flag: [`NOT ${name}`],
    text: endings.map((ending) => `coalesce(${name}, '') || '${ending}'`),
    json: [`'{}'`],
    time: [`${name} + interval '1 day'`],
  };
  return nullable ? [...values[type], 'NULL'] : values[type];
}

/**
 * Columns of which no fault, or not every one, can be seen, each with the reason. Keys are `table.column`; of rows that
 * are missing `table: a missing row`, of rows that are too many `table: another row`.
 */
export interface Unseen {
  /** No value contradicts anything else that is stored. */
  never: Record<string, string>;
  /** Some values contradict what is stored, others don't. */
  partly: Record<string, string>;
}

/** How many of a column's plants were found. */
export interface Found {
  found: number;
  planted: number;
}

/** What of the columns is found, in the form of {@link Unseen}'s keys: the two must be the same. */
export function unseenIn(results: ReadonlyMap<string, Found>): {
  never: string[];
  partly: string[];
  notInSample: string[];
} {
  const named = (is: (found: Found) => boolean) =>
    [...results].flatMap(([key, found]) => (is(found) ? [key] : [])).sort();
  return {
    never: named(({ found, planted }) => found === 0 && planted > 0),
    partly: named(({ found, planted }) => found > 0 && found < planted),
    notInSample: named(({ planted }) => planted === 0),
  };
}

export function keysOf({ never, partly }: Unseen) {
  return { never: Object.keys(never).sort(), partly: Object.keys(partly).sort(), notInSample: [] };
}
