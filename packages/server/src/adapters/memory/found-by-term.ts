import type { SearchPosition } from '../../platform/search-position.ts';

interface Searched<Subject> {
  id: string;
  subject: Subject;
  terms: readonly string[];
}

/** Subjects with a term that starts with `prefix`, by (term, id), each once: under the first of its terms that does. */
export function foundByTerm<Subject>(
  searched: readonly Searched<Subject>[],
  { prefix, after, limit }: { prefix: string; after: SearchPosition | null; limit: number },
): { subject: Subject; term: string }[] {
  return searched
    .flatMap(({ id, subject, terms }) => {
      const term = terms.filter((each) => each.startsWith(prefix)).sort(byCodePoint)[0];
      return term === undefined ? [] : [{ id, subject, term }];
    })
    .filter((found) => !after || byPosition(found, after) > 0)
    .sort(byPosition)
    .slice(0, limit)
    .map(({ subject, term }) => ({ subject, term }));
}

function byPosition(a: SearchPosition, b: SearchPosition): number {
  return byCodePoint(a.term, b.term) || byCodePoint(a.id, b.id);
}

/** As databases sort: by code points, where JavaScript's `<` goes by UTF-16 units. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
