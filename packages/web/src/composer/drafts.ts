import { useSyncExternalStore } from 'react';
import { randomId } from '../chat/random-id.ts';
import { browserStorage } from '../settings/browser-storage.ts';
import { DraftBook } from './draft-book.ts';

const prefix = 'parley-draft ';
const listeners = new Set<() => void>();

/** What was begun in each conversation and not sent: the same in all tabs of the browser. */
export const drafts = new DraftBook(browserStorage, randomId(), () => {
  for (const listener of listeners) listener();
});

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
