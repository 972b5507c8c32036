export { markedName, unmarkedName } from './marked-name.ts';
export { mixedScripts } from './mixed-scripts.ts';

/**
 * Characters that are invisible by themselves: separators, controls, format characters, marks without a letter, private
 * use, noncharacters, default-ignorable characters, and blank letters and signs (Braille without dots, Egyptian blanks,
 * the musical null notehead). Unassigned characters count as visible, because a later Unicode version may assign them.
 */
const invisible =
  /[\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{M}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\u2800\u{13441}\u{13442}\u{1d159}]/u;
/**
 * Characters that a name must not contain: controls, line breaks, noncharacters, and characters that change the
 * direction of text (embeddings, overrides, isolates). The single marks U+200E, U+200F and U+061C do not.
 */
const forbidden = /[\p{Cc}\p{Noncharacter_Code_Point}\u2028-\u202e\u2066-\u2069]/u;

/** Whether a name has a visible character: a letter, digit, punctuation mark, sign or emoji. */
export function isVisibleName(name: string): boolean {
  for (const character of name) if (!invisible.test(character)) return true;
  return false;
}

/** The name to show: the name itself, or `instead` if it has no visible character. */
export function shownName(name: string, instead: string): string {
  return isVisibleName(name) ? name : instead;
}

/** The rule that a new name breaks; undefined if it is valid. */
export function brokenNameRule(name: string): string | undefined {
  const [found] = forbidden.exec(name) ?? [];
  if (found)
    return `must not contain ${codeOf(found)}: no control characters, line breaks or characters that change the text direction`;
  if (name === '' || isVisibleName(name)) return undefined;
  return `must have a visible character: a letter, digit, sign or emoji, not only ${codeOf(name)}`;
}

function codeOf(text: string): string {
  return `U+${text.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
}
