/** A place among search results, which are sorted by the term that matched, then by id. */
export interface SearchPosition {
  term: string;
  id: string;
}

export interface SearchQuery {
  /** The starts of terms, as `searchPrefixes` gives them; '' finds everything. At most two. */
  prefixes: readonly string[];
  after: SearchPosition | null;
  limit: number;
}

/** The first `limit` of what several ranges or servers gave, by (term, id), each once. */
export function firstFound<Found extends SearchPosition>(found: readonly Found[], limit: number): Found[] {
  return firstOfAll(found, limit, byPosition);
}

/** The first `limit` of what several servers gave, each once: a shard that is going over can show at both. */
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

/** As databases sort: by code points, where JavaScript's `<` goes by UTF-16 units. */
export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The end of a prefix's range: no term that starts with it is larger, but for marks of a folding. */
const rangeEnd = '\u{10ffff}';

/** What starts with `prefix` is from it up to here. */
export function endOfPrefix(prefix: string): string {
  return prefix + rangeEnd;
}
