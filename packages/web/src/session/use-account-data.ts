import { useLayoutEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { keepDraftsOf } from '../composer/drafts.ts';
import { editDrafts } from '../composer/edit-drafts.ts';
import { closeNotifications } from '../notifications/use-notifications.ts';
import { setPreferencesOf } from '../preferences/preferences.ts';

export interface AccountState {
  /** False until the stored session was read: nothing is removed before. */
  isAccountKnown: boolean;
  accountId: string | null;
  /** The account whose session was lost when the server was restored. */
  lostAccountId: string | null;
  /** Whether the server ended the last session of this browser. */
  wasRevoked: boolean;
}

/**
 * Keeps drafts, preferences and notifications of the account that is logged in, and removes those of all others,
 * however their sessions ended. Those of a session that was lost when the server was restored are kept.
 */
export function useAccountData({ isAccountKnown, accountId, lostAccountId, wasRevoked }: AccountState): void {
  const [location, navigate] = useLocation();
  const before = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (!isAccountKnown) return;
    keepDraftsOf(accountId ?? lostAccountId);
    setPreferencesOf(accountId ?? lostAccountId);
    if (before.current !== null && before.current !== accountId) {
      closeNotifications().catch(reportError);
      editDrafts.clear();
      // The address may name a conversation of the account.
      navigate('/login', { replace: true });
    }
    before.current = accountId;
  }, [isAccountKnown, accountId, lostAccountId, navigate]);
  useLayoutEffect(() => {
    // The session ended before this page was ready, and its address may name a conversation of the account.
    const hasEnded = isAccountKnown && accountId === null && wasRevoked;
    if (hasEnded && location.startsWith('/c/')) navigate('/login', { replace: true });
  }, [isAccountKnown, accountId, wasRevoked, location, navigate]);
  useLayoutEffect(() => {
    // Notifications that a page of the account showed before this page was opened.
    if (isAccountKnown && accountId === null) closeNotifications().catch(reportError);
  }, [isAccountKnown, accountId]);
}
