/** A column of a table, as the database itself describes it. */
export interface Column {
  table: string;
  name: string;
  type: 'number' | 'flag' | 'text' | 'json' | 'time';
  nullable: boolean;
}

/** The values that replace a value, as SQL. A damaged page or a faulty program could write each of them. */
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
 * Columns in which some faults, or all, cannot be detected, each with the reason. Keys are `table.column`; for missing
 * rows `table: a missing row`, for extra rows `table: another row`.
 */
export interface Unseen {
  /** No value contradicts anything else that is stored. */
  never: Record<string, string>;
  /** Some values contradict what is stored, others do not. */
  partly: Record<string, string>;
}

/** The number of planted faults, and of those that were found. */
export interface Found {
  found: number;
  planted: number;
}

/** The columns in which faults were not found, with keys as in {@link Unseen}; both must be equal. */
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
