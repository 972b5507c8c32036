import { preferences, setPreferences } from '../preferences/preferences.ts';

const listeners = new Set<() => void>();
let isOffered = false;

/** Offers notifications, unless the person was asked before. Call it after sending a message: an answer may follow. */
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

/** Requests the browser's permission. Browsers allow this only in response to a click. */
export async function allowNotifications(): Promise<void> {
  isOffered = false;
  const permission = await Notification.requestPermission();
  setPreferences({ askedForNotifications: true, notifications: permission === 'granted' });
  tell();
}

function tell(): void {
  for (const listener of listeners) listener();
}
