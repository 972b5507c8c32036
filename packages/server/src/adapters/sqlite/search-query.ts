import type { SearchPosition } from '../../platform/search-position.ts';

/** The end of a prefix's range: no term that starts with it is larger. */
const rangeEnd = '\u{10ffff}';

/**
 * A query for subjects by the start of a term, each once, by (term, id): a term counts only when the subject has no
 * smaller one in the range. Every step of it is a range of an index, and a page starts where the one before ended.
 */
export function searchQuery(options: { terms: string; id: string; subjects: string; where: string }): string {
  const { terms, id, subjects, where } = options;
  return `
    SELECT s.*, t.term FROM ${terms} t JOIN ${subjects} s ON s.id = t.${id}
    WHERE (t.term, t.${id}) > ($fromTerm, $fromId) AND t.term < $end AND ${where}
      AND NOT EXISTS (
        SELECT 1 FROM ${terms} other WHERE other.${id} = t.${id} AND other.term >= $prefix AND other.term < t.term
      )
    ORDER BY t.term, t.${id} LIMIT $limit`;
}

/** The parameters of {@link searchQuery}. */
export function searchParameters(query: { prefix: string; after: SearchPosition | null; limit: number }): {
  prefix: string;
  end: string;
  fromTerm: string;
  fromId: string;
  limit: number;
} {
  const { prefix, after, limit } = query;
  const isWithin = after !== null && Buffer.compare(Buffer.from(after.term), Buffer.from(prefix)) >= 0;
  const from = isWithin ? after : { term: prefix, id: '' };
  return { prefix, end: prefix + rangeEnd, fromTerm: from.term, fromId: from.id, limit };
}
