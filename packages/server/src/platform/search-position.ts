/** A place among search results, which are sorted by the term that matched, then by id. */
export interface SearchPosition {
  term: string;
  id: string;
}
