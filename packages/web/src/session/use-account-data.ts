import { useLayoutEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { keepDraftsOf } from '../composer/drafts.ts';
import { closeNotifications } from '../notifications/use-notifications.ts';
import { setPreferencesOf } from '../preferences/preferences.ts';

export interface AccountState {
  isReady: boolean;
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
export function useAccountData({ isReady, accountId, lostAccountId, wasRevoked }: AccountState): void {
  const [location, navigate] = useLocation();
  const before = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (!isReady) return;
    keepDraftsOf(accountId ?? lostAccountId);
    setPreferencesOf(accountId ?? lostAccountId);
    if (before.current !== null && before.current !== accountId) {
      closeNotifications().catch(reportError);
      // The address may name a conversation of the account.
      navigate('/login', { replace: true });
    }
    before.current = accountId;
  }, [isReady, accountId, lostAccountId, navigate]);
  useLayoutEffect(() => {
    // The session ended before this page was ready, and its address may name a conversation of the account.
    const hasEnded = isReady && accountId === null && wasRevoked;
    if (hasEnded && location.startsWith('/c/')) navigate('/login', { replace: true });
  }, [isReady, accountId, wasRevoked, location, navigate]);
  useLayoutEffect(() => {
    // Notifications that a page of the account showed before this page was opened.
    if (isReady && accountId === null) closeNotifications().catch(reportError);
  }, [isReady, accountId]);
}
