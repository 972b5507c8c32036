const MARKS = /\p{M}+/gu;
const WORD_BREAK = /[\s._-]+/u;

/** Text as searches compare it: without case and accents. */
export function folded(text: string): string {
  return text.normalize('NFKD').replace(MARKS, '').toLowerCase().trim();
}

/** What a name is found by the start of: the whole of it, and each of its words with what follows. */
export function searchTerms(...names: string[]): string[] {
  const terms = new Set<string>();
  for (const name of names) {
    let rest = folded(name);
    while (rest !== '') {
      terms.add(rest);
      const next = rest.search(WORD_BREAK);
      if (next < 0) break;
      rest = rest.slice(next).replace(/^[\s._-]+/u, '');
    }
  }
  return [...terms];
}
