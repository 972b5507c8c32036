import { type TextReader, unitsOf } from './text-reader.ts';

/** The longest name that DNS accepts, in UTF-16 units. Longer ones do not resolve, and are slow to convert. */
const hostMaxUnits = 253;
const hostCharacter =
  /[[\p{L}\p{M}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}_.\-]--\p{Default_Ignorable_Code_Point}]|\ufe0f/v;
const pictograph = /[\p{Extended_Pictographic}\p{Regional_Indicator}]/v;
const letter = /\p{L}/v;
const latin = /\p{Script=Latin}/v;
/** Scripts that may be mixed with Latin in one label (UTS #39, "highly restrictive"). */
const besideLatin =
  /[\p{sc=Latin}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Bopomofo}\p{sc=Hangul}\p{sc=Common}\p{sc=Inherited}]/v;

/**
 * Where a host and its port end; null if there is none. Text in another script, or an emoji, directly after the host is
 * not part of it: no top-level domain mixes scripts. A host with a label that mixes scripts, which may imitate another
 * host, is no address.
 */
export function hostEnd(reader: TextReader, from: number, until: number): { at: number; isWhole: boolean } | null {
  const isNumeric = reader.at(from) === 0x5b;
  const run = isNumeric ? bracketsEnd(reader, from, until) : characterRun(reader, from, until);
  if (run === from || run - from > hostMaxUnits) return null;
  const name = reader.text.slice(from, run);
  const dotless = withoutTrailing(name);
  const own = isNumeric ? name : withoutAppended(dotless);
  if (own.split('.').some(isMixed)) return null;
  if (own !== dotless && !isNumeric) return { at: from + own.length, isWhole: false };
  const afterPort = portEnd(reader, run, until);
  if (afterPort > run || isTailStart(reader, run, until)) return { at: afterPort, isWhole: true };
  return { at: from + own.length, isWhole: false };
}

/** The name without punctuation that ends a sentence or marks a word. */
function withoutTrailing(name: string): string {
  let end = name.length;
  while (end > 0 && '._-'.includes(name.charAt(end - 1))) end--;
  return name.slice(0, end);
}

function bracketsEnd(reader: TextReader, from: number, until: number): number {
  for (let index = from + 1; index < until && index - from < 50; index++) {
    const code = reader.at(index);
    if (code === 0x5d) return index + 1;
    if (!/[\da-f:.]/i.test(String.fromCodePoint(code))) break;
  }
  return from;
}

function characterRun(reader: TextReader, from: number, until: number): number {
  let index = from;
  while (index < until) {
    const code = reader.at(index);
    if (!hostCharacter.test(String.fromCodePoint(code))) break;
    index += unitsOf(code);
  }
  return index;
}

/** The name up to an emoji in its last label, or to where that label changes between Latin and other letters. */
function withoutAppended(name: string): string {
  let isLatin: boolean | undefined;
  let index = name.lastIndexOf('.') + 1;
  for (const character of name.slice(index)) {
    if (pictograph.test(character)) return name.slice(0, index);
    if (letter.test(character)) {
      isLatin ??= latin.test(character);
      if (isLatin !== latin.test(character)) return name.slice(0, index);
    }
    index += character.length;
  }
  return name;
}

function isMixed(label: string): boolean {
  const letters = [...label].filter((character) => letter.test(character));
  return letters.some((each) => latin.test(each)) && !letters.every((each) => besideLatin.test(each));
}

/** The index after a colon and digits; `from` if there are none, or if a name follows them. */
function portEnd(reader: TextReader, from: number, until: number): number {
  if (from >= until || reader.at(from) !== 0x3a) return from;
  let index = from + 1;
  while (index < until && index - from <= 5 && isAsciiDigit(reader.at(index))) index++;
  const isEnd = index >= until || !/[a-z\d]/i.test(String.fromCodePoint(reader.at(index)));
  return index > from + 1 && isEnd ? index : from;
}

function isAsciiDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isTailStart(reader: TextReader, at: number, until: number): boolean {
  return at < until && '/?#'.includes(String.fromCodePoint(reader.at(at)));
}
