import { useSyncExternalStore } from 'react';
import { browserStorage } from '../settings/browser-storage.ts';
import { DraftBook } from './draft-book.ts';

const prefix = 'parley-draft ';
const listeners = new Set<() => void>();

/** What was begun in each conversation and not sent: the same in all tabs of the browser. */
export const drafts = new DraftBook(browserStorage, randomId(), () => {
  for (const listener of listeners) listener();
});

/** Without `crypto.randomUUID`, which pages without TLS don't have. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Where the draft of a conversation is stored. */
export function draftKey(accountId: string, conversationId: string): string {
  return `${prefix}${accountId} ${conversationId}`;
}

export function subscribeToDrafts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useDraft(accountId: string, conversationId: string): string {
  return useSyncExternalStore(subscribeToDrafts, () => drafts.textOf(draftKey(accountId, conversationId)));
}

export function forgetDrafts(): void {
  for (const key of browserStorage.keys()) if (key.startsWith(prefix)) browserStorage.removeItem(key);
  drafts.clear();
}

window.addEventListener('storage', ({ key, oldValue, newValue }) => {
  if (key === null) drafts.catchUp();
  else if (key.startsWith(prefix)) drafts.received(key, oldValue, newValue);
});
// A page that was frozen, or kept to go back to, was told of nothing.
addEventListener('pageshow', () => drafts.catchUp());
document.addEventListener('resume', () => drafts.catchUp());
