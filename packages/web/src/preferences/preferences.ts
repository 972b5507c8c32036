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

/** Preferences of the browser, which are kept after a log-out. */
interface BrowserPreferences {
  theme: 'system' | 'light' | 'dark';
  language: LanguageCode;
}

/** Preferences of the account in this browser, which are removed together with the account. */
interface AccountPreferences {
  sound: boolean;
  notifications: boolean;
  /** Whether the person was asked about notifications before. */
  askedForNotifications: boolean;
  /** Ids of conversations without notifications. */
  muted: readonly string[];
  /** The emoji that the person has chosen, the last one first. */
  recentEmoji: readonly string[];
  /** Of the emoji that the person chooses: 0 is none, 1 to 5 are light to dark. */
  skinTone: number;
}

export type Preferences = BrowserPreferences & AccountPreferences;

const storageKey = 'parley-preferences';
const listeners = new Set<() => void>();
let accountId: string | null = null;
let current = load();

function load(): Preferences {
  const { theme = 'system', language = languageFor(navigator.languages) } = stored<BrowserPreferences>(storageKey);
  const ofAccount = accountId === null ? {} : stored<AccountPreferences>(accountKey(accountId));
  const ofNobody = { sound: true, notifications: false, askedForNotifications: false, muted: [] };
  const standard = { ...ofNobody, recentEmoji: [], skinTone: 0 };
  return { ...standard, ...ofAccount, theme, language };
}

function stored<Kept>(key: string): Partial<Kept> {
  try {
    return JSON.parse(browserStorage.getItem(key) ?? '{}') ?? {};
  } catch {
    // Another program wrote it: use the defaults.
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

/** Switches to the preferences of this account (null: nobody is logged in) and removes those of other accounts. */
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

/** The language that is shown: the chosen one, once its texts are loaded. */
export function useShownLanguage(): LanguageCode {
  return useSyncExternalStore(subscribe, shownLanguage);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Sets theme, language and direction on the document, for style sheets and assistive technology. Resolves when the
 * language's texts are loaded.
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

/** Applies preferences that another tab changes. */
export function followOtherTabs(): void {
  window.addEventListener('storage', ({ key }) => {
    if (!key?.startsWith(storageKey)) return;
    current = load();
    for (const listener of listeners) listener();
    void applyPreferences();
  });
}
