import { useSyncExternalStore } from 'react';
import {
  type LanguageCode,
  languageFor,
  languages,
  loadLanguage,
  setLanguage,
  shownLanguage,
} from '../strings/strings.ts';
import { browserStorage } from './browser-storage.ts';

/** Preferences of the browser; they stay when nobody is logged in. */
interface BrowserPreferences {
  theme: 'system' | 'light' | 'dark';
  language: LanguageCode;
}

/** Preferences of the account in this browser; removed with the account. */
interface AccountPreferences {
  sound: boolean;
  notifications: boolean;
  /** Whether the person was asked already. */
  askedForNotifications: boolean;
  /** Ids of conversations that notify nobody. */
  muted: readonly string[];
}

export type Preferences = BrowserPreferences & AccountPreferences;

const storageKey = 'parley-preferences';
const listeners = new Set<() => void>();
let accountId: string | null = null;
let current = load();

function load(): Preferences {
  const { theme = 'system', language = languageFor(navigator.languages) } = stored<BrowserPreferences>(storageKey);
  const ofAccount = accountId === null ? {} : stored<AccountPreferences>(accountKey(accountId));
  const standard = { sound: true, notifications: false, askedForNotifications: false, muted: [] };
  return { ...standard, ...ofAccount, theme, language };
}

function stored<Kept>(key: string): Partial<Kept> {
  try {
    return JSON.parse(browserStorage.getItem(key) ?? '{}') ?? {};
  } catch {
    // Written by something else: as if nothing was chosen.
    return {};
  }
}

function store(): void {
  const { theme, language, ...ofAccount } = current;
  browserStorage.setItem(storageKey, JSON.stringify({ theme, language }));
  if (accountId !== null) browserStorage.setItem(accountKey(accountId), JSON.stringify(ofAccount));
}

function accountKey(id: string): string {
  return `${storageKey} ${id}`;
}

/** Uses this account's preferences from now on (null: nobody is logged in) and removes those of other accounts. */
export function setPreferencesOf(id: string | null): void {
  accountId = id;
  const own = id === null ? null : accountKey(id);
  if (own !== null && browserStorage.getItem(own) === null) {
    // Earlier versions stored them for the whole browser.
    const { theme: _, language: __, ...ofAccount } = stored<Preferences>(storageKey);
    if (Object.keys(ofAccount).length > 0) browserStorage.setItem(own, JSON.stringify(ofAccount));
  }
  for (const key of browserStorage.keys()) {
    if (key.startsWith(`${storageKey} `) && key !== own) browserStorage.removeItem(key);
  }
  current = load();
  if (browserStorage.getItem(storageKey) !== null) store();
  for (const listener of listeners) listener();
}

export function preferences(): Preferences {
  return current;
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  store();
  for (const listener of listeners) listener();
  void applyPreferences();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences);
}

/** The language that shows: the chosen one, once its texts are there. */
export function useShownLanguage(): LanguageCode {
  return useSyncExternalStore(subscribe, shownLanguage);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Puts theme, language and direction where style sheets and assistive technology look for them. Resolves when the
 * language's texts are there.
 */
export async function applyPreferences(): Promise<void> {
  const { documentElement } = document;
  const { language, theme } = current;
  if (theme === 'system') delete documentElement.dataset['theme'];
  else documentElement.dataset['theme'] = theme;
  await loadLanguage(language).catch(reportError);
  if (language !== current.language) return;
  setLanguage(language, navigator.languages);
  documentElement.lang = language;
  documentElement.dir = languages[language].direction;
  for (const listener of listeners) listener();
}

/** Takes over what another tab chose. */
export function followOtherTabs(): void {
  window.addEventListener('storage', ({ key }) => {
    if (!key?.startsWith(storageKey)) return;
    current = load();
    for (const listener of listeners) listener();
    void applyPreferences();
  });
}
