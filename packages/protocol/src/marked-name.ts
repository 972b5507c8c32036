import { mixedScripts } from './mixed-scripts.ts';

const sign = ' ⚠ ';
/** The number of names whose scripts are cached. */
const cachedMax = 1_000;
const cached = new Map<string, readonly string[]>();
const scriptNames = new Map<string, Intl.DisplayNames>();

/** A name, with the scripts that it mixes, in a locale's words: a name that mixes scripts may imitate another. */
export function markedName(name: string, locale: string): string {
  const scripts = scriptsOf(name);
  if (scripts.length === 0) return name;
  const names = scriptNames.get(locale) ?? new Intl.DisplayNames(locale, { type: 'script' });
  scriptNames.set(locale, names);
  return `${name}${sign}${scripts.map((code) => names.of(code) ?? code).join(' + ')}`;
}

/** The name in a text that {@link markedName} returned. */
export function unmarkedName(marked: string): string {
  return marked.split(sign)[0] || marked;
}

/** Lists show the same names again and again, and {@link mixedScripts} tests many patterns. */
function scriptsOf(name: string): readonly string[] {
  const known = cached.get(name);
  if (known) return known;
  if (cached.size >= cachedMax) cached.clear();
  const scripts = mixedScripts(name);
  cached.set(name, scripts);
  return scripts;
}
