/** How a character within a text affects a web address. */
export type AddressCharacter =
  /** Is part of the address. */
  | 'part'
  /** Is part of the address if a part follows. */
  | 'soft'
  | 'open'
  /** Is part of the address if its opening bracket is. */
  | 'close'
  /** Is part of the address after a delimiter or another symbol. */
  | 'symbol'
  /** Joins what is before and after it. */
  | 'joiner'
  | 'end';

/** Punctuation that stands within words: middle dots, hyphens, the Tibetan tsheg, the Hebrew maqaf and geresh. */
const withinWords = /[\u00b7\u058a\u05be\u05f3\u05f4\u0f0b\u0f0c\u2010-\u2013\u2027\u30fb\uff65]/v;
const symbol = /[\p{S}\p{Extended_Pictographic}]/v;
/** Hangul fillers are letters that show nothing; variation selectors belong to the character before them. */
const part = /[[\p{L}\p{M}\p{N}]--[\p{Default_Ignorable_Code_Point}--\p{Variation_Selector}]]/v;

/**
 * The classes of UTS #58 (Unicode Link Detection), but stricter outside ASCII: there punctuation ends an address,
 * because addresses rarely contain it unescaped, and Chinese and Japanese put no space after a sentence.
 */
export function addressCharacter(codePoint: number): AddressCharacter {
  if (codePoint < 0x80) return asciiCharacter(codePoint);
  const character = String.fromCodePoint(codePoint);
  if (codePoint === 0x200c || codePoint === 0x200d || (codePoint >= 0xe0020 && codePoint <= 0xe007f)) return 'joiner';
  if (part.test(character) || withinWords.test(character)) return 'part';
  // The fullwidth tilde, a symbol, ends sentences.
  if (symbol.test(character)) return codePoint === 0xff5e ? 'end' : 'symbol';
  // Low quotation marks are opening brackets in Unicode.
  if (codePoint === 0x201a || codePoint === 0x201e) return 'end';
  if (/\p{Ps}/v.test(character)) return 'open';
  return /\p{Pe}/v.test(character) ? 'close' : 'end';
}

function asciiCharacter(codePoint: number): AddressCharacter {
  if (codePoint <= 0x20 || codePoint === 0x7f) return 'end';
  const character = String.fromCharCode(codePoint);
  if ('"<>\\`'.includes(character)) return 'end';
  if (".,;:!?'*_~".includes(character)) return 'soft';
  if ('([{'.includes(character)) return 'open';
  return ')]}'.includes(character) ? 'close' : 'part';
}

/** Whether two brackets are a pair: in Unicode they are one or two code points apart. */
export function isPair(opening: number, closing: number): boolean {
  return Math.abs(closing - opening) <= 2;
}
