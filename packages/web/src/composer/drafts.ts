import { useSyncExternalStore } from 'react';

const prefix = 'parley-draft ';
const listeners = new Set<() => void>();

/** What was begun in a conversation and not sent. Written with every keystroke: nothing ends a draft but sending it. */
export function draftOf(conversationId: string): string {
  return localStorage.getItem(prefix + conversationId) ?? '';
}

export function setDraft(conversationId: string, text: string): void {
  if (text === '') localStorage.removeItem(prefix + conversationId);
  else localStorage.setItem(prefix + conversationId, text);
  for (const listener of listeners) listener();
}

export function forgetDrafts(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('storage', listener);
  };
}

export function useDraft(conversationId: string): string {
  return useSyncExternalStore(subscribe, () => draftOf(conversationId));
}
