/**
 * What shows nothing by itself: separators, controls, format characters, marks without a letter, private use,
 * noncharacters, whatever is ignored where it isn't understood, and the blank letters and signs: Braille without dots,
 * Egyptian blanks, the musical null notehead. Unassigned characters count as visible: a later Unicode has them.
 */
const invisible =
  /[\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{M}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\u2800\u{13441}\u{13442}\u{1d159}]/u;
/**
 * Never part of a name: controls, line breaks, noncharacters, and what turns the direction of text (embeddings,
 * overrides, isolates). The marks that stand for one letter (U+200E, U+200F, U+061C) turn nothing.
 */
const forbidden = /[\p{Cc}\p{Noncharacter_Code_Point}\u2028-\u202e\u2066-\u2069]/u;

/** Whether a name shows something: a letter, digit, punctuation mark, sign or emoji. */
export function isVisibleName(name: string): boolean {
  for (const character of name) if (!invisible.test(character)) return true;
  return false;
}

/** A name to show: the name itself, or what stands for one that shows nothing. */
export function shownName(name: string, instead: string): string {
  return isVisibleName(name) ? name : instead;
}

/** What is wrong with a name that somebody chose, as a rule that it breaks; undefined when nothing is. */
export function brokenNameRule(name: string): string | undefined {
  const [found] = forbidden.exec(name) ?? [];
  if (found)
    return `must not contain ${codeOf(found)}: no control characters, line breaks or marks that turn the direction`;
  if (name === '' || isVisibleName(name)) return undefined;
  return `must show something: at least one letter, digit, sign or emoji, not only ${codeOf(name)} and the like`;
}

function codeOf(text: string): string {
  return `U+${text.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
}
