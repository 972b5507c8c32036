import { english, type Forms, type StringKey, type Strings } from './english.ts';

interface Language {
  /** The language's name in the language itself. */
  name: string;
  direction: 'ltr' | 'rtl';
  load(): Promise<Strings>;
}

export const languages = {
  en: { name: 'English', direction: 'ltr', load: async () => english },
  ar: { name: 'العربية', direction: 'rtl', load: async () => (await import('./arabic.ts')).arabic },
} as const satisfies Record<string, Language>;
export type LanguageCode = keyof typeof languages;

const loaded: { [Code in LanguageCode]?: Strings } = { en: english };
let current: LanguageCode = 'en';
let region = 'en';

/** Loads the texts of a language. Until it is loaded, texts are English. */
export async function loadLanguage(code: LanguageCode): Promise<void> {
  loaded[code] ??= await languages[code].load();
}

/** @param wanted the browser's languages, such as `en-GB`: a region of the chosen language determines its formats. */
export function setLanguage(code: LanguageCode, wanted: readonly string[] = []): void {
  current = code;
  region = wanted.find((tag) => languageOf(tag) === code) ?? code;
}

/** The language of the texts that {@link t} returns. */
export function shownLanguage(): LanguageCode {
  return current;
}

/** The locale that numbers and times are formatted by. */
export function locale(): string {
  return region;
}

/** The first of these languages that is available; English if none is. */
export function languageFor(wanted: readonly string[]): LanguageCode {
  for (const tag of wanted) {
    const code = languageOf(tag);
    if (code === 'en' || code === 'ar') return code;
  }
  return 'en';
}

function languageOf(tag: string): string {
  return tag.toLowerCase().split('-')[0] ?? '';
}

/**
 * A text of the interface in the current language. Inserted values are isolated from their surroundings, so that no
 * name can change the direction of a sentence.
 */
export function t(key: StringKey, values: Readonly<Record<string, string | number>> = {}): string {
  const text: string | Forms = (loaded[current] ?? english)[key];
  const chosen = typeof text === 'string' ? text : formFor(text, Number(values['count']));
  return chosen.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    return typeof value === 'number' ? value.toLocaleString(locale()) : isolated(value);
  });
}

function formFor(forms: Forms, count: number): string {
  return forms[new Intl.PluralRules(current).select(count)] ?? forms.other;
}

/** Puts a text between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE. */
function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}
