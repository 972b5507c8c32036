import { useSyncExternalStore } from 'react';
import { randomId } from '../chat/random-id.ts';
import { browserStorage } from '../preferences/browser-storage.ts';
import { DraftBook } from './draft-book.ts';
import { editDrafts } from './edit-drafts.ts';

const prefix = 'parley-draft ';
const listeners = new Set<() => void>();

/** The drafts of all conversations, shared by all tabs of the browser. */
export const drafts = new DraftBook(browserStorage, randomId(), () => {
  for (const listener of listeners) listener();
});

/** The storage key of a conversation's draft. */
export function draftKey(accountId: string, conversationId: string): string {
  return `${prefix}${accountId} ${conversationId}`;
}

/** The conversations of an account in which a tab may have been closed before a message was stored for sending. */
export function conversationsWithUnkept(accountId: string): string[] {
  const start = draftKey(accountId, '');
  const keys = browserStorage.keys().filter((key) => key.startsWith(start) && drafts.unkept(key).length > 0);
  return keys.map((key) => key.slice(start.length));
}

export function subscribeToDrafts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useDraft(accountId: string, conversationId: string): string {
  return useSyncExternalStore(subscribeToDrafts, () => drafts.textOf(draftKey(accountId, conversationId)));
}

/** The number of the message that a draft replies to. */
export function useDraftReply(accountId: string, conversationId: string): number | undefined {
  return useSyncExternalStore(subscribeToDrafts, () => drafts.replyTo(draftKey(accountId, conversationId)));
}

/**
 * The server lost the messages of a conversation after the number `keptSeq`, and other ones may have their numbers:
 * drafts no longer reply to them or change them.
 */
export function dropLostMessages(accountId: string, conversationId: string, keptSeq: number): void {
  drafts.restored(draftKey(accountId, conversationId), keptSeq);
  editDrafts.restored(conversationId, keptSeq);
}

/** Removes the drafts of all other accounts; null: of all accounts. */
export function keepDraftsOf(accountId: string | null): void {
  for (const key of browserStorage.keys()) {
    if (!key.startsWith(prefix)) continue;
    const [owner = '', conversationId] = key.slice(prefix.length).split(' ');
    if (conversationId !== undefined && owner === accountId) continue;
    // Earlier versions stored the plain text under the conversation's id.
    const text = conversationId === undefined ? browserStorage.getItem(key) : null;
    browserStorage.removeItem(key);
    if (accountId !== null && text) drafts.edit(draftKey(accountId, owner), text);
  }
  if (accountId === null) drafts.clear();
}

window.addEventListener('storage', ({ key, oldValue, newValue }) => {
  if (key === null) drafts.catchUp();
  else if (key.startsWith(prefix)) drafts.received(key, oldValue, newValue);
});
// A page that was frozen, or in the back-forward cache, received no events.
addEventListener('pageshow', () => drafts.catchUp());
document.addEventListener('resume', () => drafts.catchUp());
