import { preferences, setPreferences } from '../preferences/preferences.ts';

const listeners = new Set<() => void>();
let isOffered = false;

/** A fitting moment to ask: somebody has just written, and will want to know of the answer. */
export function offerNotifications(): void {
  if (!isSecureContext || preferences().askedForNotifications || isOffered || !('Notification' in globalThis)) return;
  if (Notification.permission !== 'default') return;
  isOffered = true;
  tell();
}

export function subscribeToOffer(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function isOfferOpen(): boolean {
  return isOffered;
}

export function declineOffer(): void {
  isOffered = false;
  setPreferences({ askedForNotifications: true });
  tell();
}

/** Asks the browser, which asks the person. Must come from a click. */
export async function allowNotifications(): Promise<void> {
  isOffered = false;
  const permission = await Notification.requestPermission();
  setPreferences({ askedForNotifications: true, notifications: permission === 'granted' });
  tell();
}

function tell(): void {
  for (const listener of listeners) listener();
}
