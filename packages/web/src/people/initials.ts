import { firstGrapheme } from '@parley/protocol/graphemes';
import { unmarkedName } from '@parley/protocol/names';

const hues = 8;
/** The characters that an initial may start with: visible letters, digits and symbols. */
const initialStart = /[[\p{L}\p{N}\p{S}\p{Extended_Pictographic}]--\p{Default_Ignorable_Code_Point}]/v;
/** The longest emoji have 20 units. A letter with so many marks that it is longer than this loses them. */
const initialMaxUnits = 32;

/** One or two characters that stand for a shown name. Only letters, digits and symbols are used. */
export function initialsOf(name: string): string {
  const words = unmarkedName(name).normalize('NFC').split(/\s+/u).map(initialOf);
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
