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

/** What a person chose for this browser. */
export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  language: LanguageCode;
  sound: boolean;
  notifications: boolean;
  /** Whether the person was asked already. */
  askedForNotifications: boolean;
  /** Ids of conversations that ring for nobody. */
  muted: readonly string[];
}

const storageKey = 'parley-preferences';
const listeners = new Set<() => void>();
let current = load();

function load(): Preferences {
  const standard: Preferences = {
    theme: 'system',
    language: languageFor(navigator.languages),
    sound: true,
    notifications: false,
    askedForNotifications: false,
    muted: [],
  };
  try {
    return { ...standard, ...JSON.parse(browserStorage.getItem(storageKey) ?? '{}') };
  } catch {
    // Written by something else: as if nothing was chosen.
    return standard;
  }
}

export function preferences(): Preferences {
  return current;
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  browserStorage.setItem(storageKey, JSON.stringify(current));
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
    if (key !== storageKey) return;
    current = load();
    for (const listener of listeners) listener();
    void applyPreferences();
  });
}
