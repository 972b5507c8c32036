import type { Emoji } from './emoji.ts';

/**
 * The emoji that fit all words of a query, at most `max`: those with a shortcode that is the query, then those with one
 * that begins with it, then others with words that begin with those of the query.
 */
export function search(all: readonly Emoji[], query: string, max: number): readonly Emoji[] {
  const wanted = query
    .toLowerCase()
    .split(/[\s:]+/)
    .filter((word) => word !== '');
  if (wanted.length === 0) return [];
  const code = wanted.join('_');
  const ranks: Emoji[][] = [[], [], []];
  for (const emoji of all) {
    const { shortcodes, words } = emoji;
    if (shortcodes.includes(code)) ranks[0]?.push(emoji);
    else if (shortcodes.some((each) => each.startsWith(code))) ranks[1]?.push(emoji);
    else if (wanted.every((part) => words.some((word) => word.startsWith(part)))) ranks[2]?.push(emoji);
  }
  return ranks.flat().slice(0, max);
}

/** What is being typed before a caret: a colon and at least two characters of a shortcode or word. */
export function shortcodeBefore(text: string): string | null {
  return /(?:^|[\s([{'"])(:[\p{L}\p{M}\p{N}_+-]{2,40}:?)$/u.exec(text)?.[1] ?? null;
}
