/** A position in search results, which are sorted by the matching term, then by id. */
export interface SearchPosition {
  term: string;
  id: string;
}

export interface SearchQuery {
  /** Prefixes of terms, as `searchPrefixes` returns them; '' matches everything. At most two. */
  prefixes: readonly string[];
  after: SearchPosition | null;
  limit: number;
}

/** The first `limit` results of several ranges or servers, by (term, id), each once. */
export function firstFound<Found extends SearchPosition>(found: readonly Found[], limit: number): Found[] {
  return firstOfAll(found, limit, byPosition);
}

/** The first `limit` results of several servers, each once: a shard that is being moved can appear on both servers. */
export function firstOfAll<Row>(rows: readonly Row[], limit: number, order: (a: Row, b: Row) => number): Row[] {
  return rows
    .toSorted(order)
    .filter((row, index, all) => {
      const before = all[index - 1];
      return before === undefined || order(before, row) !== 0;
    })
    .slice(0, limit);
}

export function byPosition(a: SearchPosition, b: SearchPosition): number {
  return byCodePoint(a.term, b.term) || byCodePoint(a.id, b.id);
}

/** Compares by code points, as databases sort; JavaScript's `<` compares UTF-16 units. */
export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The end of a prefix's range: no term that starts with the prefix is larger, except the marks of foldings. */
const rangeEnd = '\u{10ffff}';

/** Terms that start with `prefix` lie between it and this value. */
export function endOfPrefix(prefix: string): string {
  return prefix + rangeEnd;
}
