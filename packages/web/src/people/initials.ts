import { firstGrapheme } from '@parley/protocol/graphemes';

const hues = 8;
/** What an initial begins with: a letter, digit or symbol that shows. */
const initialStart = /[[\p{L}\p{N}\p{S}\p{Extended_Pictographic}]--\p{Default_Ignorable_Code_Point}]/v;
/** The longest emoji have 20 units; a letter with more marks than this is shown without them. */
const initialMaxUnits = 32;

/** One or two characters that stand for a name. What isn't a letter, digit or symbol doesn't count. */
export function initialsOf(name: string): string {
  const words = name.normalize('NFC').split(/\s+/u).map(initialOf);
  return words
    .filter((initial) => initial !== '')
    .slice(0, 2)
    .join('')
    .toUpperCase();
}

function initialOf(word: string): string {
  const start = word.search(initialStart);
  if (start < 0) return '';
  const initial = firstGrapheme(word.slice(start), initialMaxUnits);
  return initial.length < initialMaxUnits ? initial : firstGrapheme(initial, 2);
}

/** The same colour for the same id, everywhere. */
export function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % hues;
}
