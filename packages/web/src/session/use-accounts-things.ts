import { useLayoutEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { keepDraftsOf } from '../composer/drafts.ts';
import { closeNotifications } from '../notifications/use-notifications.ts';
import { setPreferencesOf } from '../preferences/preferences.ts';

export interface AccountState {
  isReady: boolean;
  accountId: string | null;
  /** The account whose session was lost with a restore of the server. */
  lostAccountId: string | null;
  /** Whether the server ended the last session of this browser. */
  wasRevoked: boolean;
}

/**
 * Everything of an account that this browser keeps outside of the engine's store is under the account, and goes when
 * the account isn't logged in here, however that ended, but for a session that was lost with a restore of the server.
 */
export function useAccountsThings({ isReady, accountId, lostAccountId, wasRevoked }: AccountState): void {
  const [location, navigate] = useLocation();
  const before = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (!isReady) return;
    keepDraftsOf(accountId ?? lostAccountId);
    setPreferencesOf(accountId ?? lostAccountId);
    if (before.current !== null && before.current !== accountId) {
      closeNotifications().catch(reportError);
      // The address names a conversation.
      navigate('/login', { replace: true });
    }
    before.current = accountId;
  }, [isReady, accountId, lostAccountId, navigate]);
  useLayoutEffect(() => {
    // The session ended before this page was ready: the page never had the account, but its address names a conversation.
    const hasEnded = isReady && accountId === null && wasRevoked;
    if (hasEnded && location.startsWith('/c/')) navigate('/login', { replace: true });
  }, [isReady, accountId, wasRevoked, location, navigate]);
  useLayoutEffect(() => {
    // Of an account that was here before this page was.
    if (isReady && accountId === null) closeNotifications().catch(reportError);
  }, [isReady, accountId]);
}
