import { folded, nameTerms } from '@parley/protocol/folding';

/** The number of the folding that {@link searchTerms} writes: another folding gets another number. */
const foldingVersion = 2;

/**
 * A term that nobody can search for, which says by which folding the others of a subject were written. It is gone when
 * a previous version writes the terms, and another one when a later version did.
 */
export const foldingMark = `\u{10ffff}${foldingVersion}`;
const markOfAny = /^\u{10ffff}\d+$/u;

/**
 * What a search looks for: the start of a term by this folding, and by the one of the previous version, which wrote
 * the terms that are not refreshed yet. Nothing for a text of invisible characters alone.
 */
export function searchPrefixes(query: string): string[] {
  const prefix = folded(query);
  return prefix === '' ? [] : [...new Set([prefix, previouslyFolded(query)])].filter((each) => each !== '');
}

/**
 * What names are found by the start of, and the mark of the folding. The terms of the previous version are among them,
 * so that its servers find what this one writes.
 */
export function searchTerms(...names: string[]): string[] {
  return [...new Set([...names.flatMap(nameTerms), ...names.flatMap(previousTerms), foldingMark])];
}

/**
 * What is wrong with the terms that are stored for these names; null when nothing is. Terms by a folding of another
 * version are right as long as nothing of this one is among them: they are written anew in the background.
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
