import { byCodePoint, byPosition, type SearchQuery } from '../../platform/search-position.ts';

interface Searched<Subject> {
  id: string;
  subject: Subject;
  terms: readonly string[];
}

/** Subjects with a term that starts with a prefix, by (term, id), each once: under the first of its terms that does. */
export function foundByTerm<Subject>(
  searched: readonly Searched<Subject>[],
  { prefixes, after, limit }: SearchQuery,
): { subject: Subject; term: string }[] {
  return searched
    .flatMap(({ id, subject, terms }) => {
      const fits = (term: string) => prefixes.some((prefix) => term.startsWith(prefix));
      const term = terms.filter(fits).sort(byCodePoint)[0];
      return term === undefined ? [] : [{ id, subject, term }];
    })
    .filter((found) => !after || byPosition(found, after) > 0)
    .sort(byPosition)
    .slice(0, limit)
    .map(({ subject, term }) => ({ subject, term }));
}
