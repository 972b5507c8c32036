/** Letters that Unicode decomposes into nothing, each with the letters it is found by. Lower case, without marks. */
const foldedLetters = new Map(
  (
    'łl øo đd ɖd ðd þth æae œoe ħh ŧt ĸk ŋn ɨi ıi ƒf əe ǝe ɛe ɔo ɓb ɗd ƙk ƴy ɣg ʋv ɩi ʊu ɲn ƶz ǥg ɉj ɍr ɏy ȼc ⱦt ⱡl ƀb ʉu ƛl ƚl ɑa ɡg ' +
    'ςσ ґг ғг қк ҡк ңн ҥн үу ұу өо һх ҳх ҷч җж ҙз ҫс әа ђд ћч љл њн џц ' +
    'ךכ םמ ןנ ףפ ץצ ىي یي ېي کك ګك ةه ۀه ہه ھه ەه ٱا ڤف ڭك'
  )
    .split(' ')
    .map((pair) => [pair.charAt(0), pair.slice(1)]),
);
const ignored = /[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}\u0640]/gu;
const apostrophe = /['’‘‛`´ʹʻʼʽˈ′＇՚׳ꞌ]/gu;
const between = /[[\p{P}\p{Z}\p{C}\u2800^\|~<>=]--[']]+/gv;
const wordStart = /[\p{L}\p{N}]+|[\p{S}\p{M}]+/gu;
/** Longer terms are not kept: what is longer is found by its first part. */
const termMaxUnits = 200;

/**
 * Text as names are compared: full case folding, without marks and invisible characters, compatibility forms and kana
 * as one, apostrophes left out and everything else between words as one space. The same for everybody: no locale
 * decides anything. What has neither letters nor signs stays as it is.
 */
export function folded(text: string): string {
  return withoutApostrophes(normalized(text)) || bare(text).trim().slice(0, termMaxUnits);
}

/** What a name is found by the start of: the whole of it, and each of its words with what follows. */
export function nameTerms(name: string): string[] {
  const whole = normalized(name);
  const terms = new Set([folded(name)]);
  for (const { index } of whole.matchAll(wordStart)) terms.add(withoutApostrophes(whole.slice(index)));
  terms.delete('');
  return [...terms];
}

/** Whether a name is found by what somebody typed. */
export function isFoundBy(name: string, query: string): boolean {
  const wanted = folded(query);
  return nameTerms(name).some((term) => term.startsWith(wanted));
}

function withoutApostrophes(text: string): string {
  return text.replaceAll("'", '').trim().slice(0, termMaxUnits);
}

function normalized(text: string): string {
  return bare(text).replaceAll(apostrophe, "'").replaceAll(between, ' ').trim();
}

/** Letters and signs in one form. Some letters have two capitals, and some capitals two letters: hence there and back. */
function bare(text: string): string {
  // Apostrophes first: compatibility forms of some are a space and a mark.
  const plain = text.replaceAll(apostrophe, "'").normalize('NFKD').replaceAll(ignored, '');
  return plain
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll(/[^\0-\x7f]/gu, foldedLetter);
}

function foldedLetter(letter: string): string {
  const code = letter.charCodeAt(0);
  // Katakana is Hiragana in other shapes.
  if (code >= 0x30a1 && code <= 0x30f6) return String.fromCharCode(code - 0x60);
  return foldedLetters.get(letter) ?? letter;
}
