/**
 * Writing systems that are used together with Latin, by the codes of their scripts (ISO 15924): the recommended scripts
 * of UAX #31, with those of Japanese, Korean and Chinese joined.
 */
const besideLatin = [
  ...'Arab Armn Beng Deva Ethi Geor Gujr Guru Hebr Khmr Knda Laoo Mlym Mymr Orya Sinh Taml Telu Thaa Thai Tibt'.split(
    ' ',
  ),
  'Hani Hira Kana',
  'Hani Hang',
  'Hani Bopo',
];
/** Scripts that have letters of the same shape as Latin ones. */
const likeLatin = ['Cyrl', 'Grek'];
const known = [...new Set(['Latn', ...besideLatin, ...likeLatin].join(' ').split(' '))];
/** The code of an unknown script: a script that is not in common use today. */
const unknownScript = 'Zzzz';

/** Compatibility forms are compared as the letters that they look like, except the micro sign, which is a unit's. */
const microSign = /\u00b5/g;

const patterns = new Map<string, RegExp>();

/**
 * The scripts of a name that mixes scripts in a way in which no language is written, by their codes (ISO 15924);
 * empty for other names. Such a name may imitate another: `pаypal` with a Cyrillic `а`.
 *
 * A name is mixed when its restriction level (UTS #39) is below "moderately restrictive": when its letters are not all
 * of one script, of the scripts of Japanese, Korean or Chinese, or of Latin with one script other than Greek and
 * Cyrillic. `Zzzz` stands for every script that is not in common use today.
 */
export function mixedScripts(name: string): string[] {
  const letters = name.replaceAll(microSign, '').normalize('NFKC');
  const isUsual =
    isOf(letters, 'Latn') ||
    likeLatin.some((script) => isOf(letters, script)) ||
    besideLatin.some((scripts) => isOf(letters, `Latn ${scripts}`)) ||
    isOf(letters, unknownScript);
  return isUsual ? [] : scriptsOf(letters);
}

/** The scripts that characters of the text belong to alone, in the order of {@link known}. */
function scriptsOf(text: string): string[] {
  const found = known.filter((script) =>
    [...text].some((character) => !isOf(character, '') && isOf(character, script)),
  );
  return [...text].every((character) => isOf(character, known.join(' '))) ? found : [...found, unknownScript];
}

/** Whether every character is of one of these scripts, or of none. */
function isOf(text: string, scripts: string): boolean {
  let pattern = patterns.get(scripts);
  if (!pattern) {
    pattern = scripts === unknownScript ? noneOf(known) : someOf(scripts === '' ? [] : scripts.split(' '));
    patterns.set(scripts, pattern);
  }
  return pattern.test(text);
}

function someOf(scripts: readonly string[]): RegExp {
  return new RegExp(`^[${classes(['Zyyy', 'Zinh', ...scripts])}]*$`, 'u');
}

function noneOf(scripts: readonly string[]): RegExp {
  return new RegExp(`^[^${classes(scripts)}]*$`, 'u');
}

function classes(scripts: readonly string[]): string {
  return scripts.map((script) => `\\p{scx=${script}}`).join('');
}
