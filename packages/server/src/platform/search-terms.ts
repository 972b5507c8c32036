import { folded, nameTerms } from '@parley/protocol/folding';

/** The version of the folding with which {@link searchTerms} makes terms. */
const foldingVersion = 2;

/**
 * A term that no search finds. It records which version of the folding made the other terms of a subject. It is missing
 * after a previous version wrote the terms, and differs after a later version did.
 */
export const foldingMark = `\u{10ffff}${foldingVersion}`;
const markOfAny = /^\u{10ffff}\d+$/u;

/**
 * The prefixes that a search looks for: by this version's folding, and by the previous version's, which made the terms
 * that are not refreshed yet. None for a text of invisible characters only.
 */
export function searchPrefixes(query: string): string[] {
  const prefix = folded(query);
  return prefix === '' ? [] : [...new Set([prefix, previouslyFolded(query)])].filter((each) => each !== '');
}

/**
 * The terms under which names are found, and the mark of the folding. They include the terms of the previous version,
 * so that its servers find what this one writes.
 */
export function searchTerms(...names: string[]): string[] {
  return [...new Set([...names.flatMap(nameTerms), ...names.flatMap(previousTerms), foldingMark])];
}

/**
 * Describes what is wrong with the terms that are stored for these names; null when they are right. Terms made by
 * another version's folding are right if no terms of this version are among them: they are refreshed in the background.
 */
export function termsFault(stored: readonly string[], names: readonly string[]): string | null {
  const isOfLaterVersion = stored.some((term) => markOfAny.test(term) && term !== foldingMark);
  if (isOfLaterVersion) return null;
  const expected = stored.includes(foldingMark) ? searchTerms(...names) : [...new Set(names.flatMap(previousTerms))];
  const missing = expected.find((term) => !stored.includes(term));
  if (missing !== undefined) return `is not found by ${JSON.stringify(missing)}`;
  const surplus = stored.find((term) => !expected.includes(term));
  return surplus === undefined ? null : `is found by ${JSON.stringify(surplus)}, which is in none of its names`;
}

const marks = /\p{M}+/gu;
const wordBreak = /[\s._-]+/gu;

function previouslyFolded(text: string): string {
  return text.normalize('NFKD').replace(marks, '').toLowerCase().trim();
}

function previousTerms(name: string): string[] {
  const whole = previouslyFolded(name);
  const starts = Array.from(whole.matchAll(wordBreak), ({ 0: found, index }) => index + found.length);
  return [0, ...starts].map((start) => whole.slice(start)).filter((term) => term !== '');
}
