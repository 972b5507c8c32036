const hues = 8;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** One or two letters that stand for a name. What isn't a letter, digit or symbol doesn't count. */
export function initialsOf(name: string): string {
  const words = name.normalize('NFC').split(/\s+/u).map(firstLetter);
  return words
    .filter((letter) => letter !== '')
    .slice(0, 2)
    .join('')
    .toLocaleUpperCase();
}

function firstLetter(word: string): string {
  // A grapheme can carry thousands of marks: the base is enough.
  const visible = word.slice(0, 64).replaceAll(/[^\p{L}\p{N}\p{S}\p{Extended_Pictographic}]/gu, '');
  for (const { segment } of segmenter.segment(visible)) return segment;
  return '';
}

/** The same colour for the same id, everywhere. */
export function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % hues;
}
