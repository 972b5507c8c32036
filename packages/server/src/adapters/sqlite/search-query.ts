import type { Statement } from 'bun:sqlite';
import { byCodePoint, endOfPrefix, firstFound, type SearchQuery } from '../../platform/search-position.ts';
import type { AnyTable } from '../rows/table.ts';

interface SearchParameters {
  prefix: string;
  end: string;
  /** The other prefix of the search, or the same. */
  other: string;
  otherEnd: string;
  fromTerm: string;
  fromId: string;
  limit: number;
  [name: string]: string | number;
}

export type SearchStatement<Row> = Statement<Row & { term: string }, [SearchParameters]>;

/**
 * A query for subjects by prefixes of a term, each once, in the order of (term, id): a term counts only when its
 * subject has no smaller one in the ranges. Every part is an index range, and a page starts where the previous one
 * ended.
 */
export function searchQuery(options: { terms: string; id: string; subjects: AnyTable; where: string }): string {
  const { terms, id, subjects, where } = options;
  return `
    SELECT ${subjects.list('s')}, t.term FROM ${terms} t JOIN ${subjects.name} s ON s.id = t.${id}
    WHERE (t.term, t.${id}) > ($fromTerm, $fromId) AND t.term < $end AND ${where}
      AND NOT EXISTS (
        SELECT 1 FROM ${terms} other WHERE other.${id} = t.${id} AND other.term >= $prefix AND other.term < t.term
      )
      AND NOT EXISTS (
        SELECT 1 FROM ${terms} other
        WHERE other.${id} = t.${id} AND other.term >= $other AND other.term < min($otherEnd, t.term)
      )
    ORDER BY t.term, t.${id} LIMIT $limit`;
}

/** The parameters of a search: a range of terms for each prefix. */
export function searched<Row extends { id: string }>(
  statement: SearchStatement<Row>,
  query: SearchQuery,
): (Row & { term: string })[] {
  return firstFound(
    query.prefixes.flatMap((prefix) => statement.all(searchParameters(prefix, query))),
    query.limit,
  );
}

function searchParameters(prefix: string, { prefixes, after, limit }: SearchQuery): SearchParameters {
  const isWithin = after !== null && byCodePoint(after.term, prefix) >= 0;
  const from = isWithin ? after : { term: prefix, id: '' };
  const other = prefixes.find((each) => each !== prefix) ?? prefix;
  const ends = { end: endOfPrefix(prefix), otherEnd: endOfPrefix(other) };
  return { prefix, other, ...ends, fromTerm: from.term, fromId: from.id, limit };
}
