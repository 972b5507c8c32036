import { english, type Forms, type StringKey, type Strings } from './english.ts';

interface Language {
  /** As its speakers call it. */
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

/** Makes the texts of a language ready; until then they are English. */
export async function loadLanguage(code: LanguageCode): Promise<void> {
  loaded[code] ??= await languages[code].load();
}

/** @param wanted what the browser asks for, as `en-GB`: where it names the language, its region's forms are taken. */
export function setLanguage(code: LanguageCode, wanted: readonly string[] = []): void {
  current = code;
  region = wanted.find((tag) => languageOf(tag) === code) ?? code;
}

/** The language of what {@link t} gives. */
export function shownLanguage(): LanguageCode {
  return current;
}

/** Which forms numbers and times have. */
export function locale(): string {
  return region;
}

/** The first of these that there is; English when there is none. */
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
 * A text of the interface in the current language. What is put in is kept apart from what is around it, so that no
 * name can turn the direction of a sentence.
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

/** Between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE. */
function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}
