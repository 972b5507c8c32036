/** Letters that Unicode does not decompose, each with the letters that find it. Lower case, without marks. */
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
/** Terms are cut after this many UTF-16 units. */
const termMaxUnits = 200;

/**
 * The form in which names are compared: case is folded, marks and invisible characters are removed, compatibility forms
 * and kana are unified, apostrophes are removed, and everything else between words becomes one space. Independent of
 * the locale. Text without letters and signs is left unchanged.
 */
export function folded(text: string): string {
  return withoutApostrophes(normalized(text)) || bare(text).trim().slice(0, termMaxUnits);
}

/** The terms whose start finds a name: the whole name, and the rest of the name from each word on. */
export function nameTerms(name: string): string[] {
  const whole = normalized(name);
  const terms = new Set([folded(name)]);
  for (const { index } of whole.matchAll(wordStart)) terms.add(withoutApostrophes(whole.slice(index)));
  terms.delete('');
  return [...terms];
}

/** Whether a query finds a name. */
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

/** Folds letters and signs. Case is mapped three times, because some mappings are not one-to-one. */
function bare(text: string): string {
  // Apostrophes first: some of them decompose into a space and a mark.
  const plain = text.replaceAll(apostrophe, "'").normalize('NFKD').replaceAll(ignored, '');
  return plain
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll(/[^\0-\x7f]/gu, foldedLetter);
}

function foldedLetter(letter: string): string {
  const code = letter.charCodeAt(0);
  // Maps Katakana to Hiragana.
  if (code >= 0x30a1 && code <= 0x30f6) return String.fromCharCode(code - 0x60);
  return foldedLetters.get(letter) ?? letter;
}
