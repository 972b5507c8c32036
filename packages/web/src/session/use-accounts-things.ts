import { useLayoutEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { keepDraftsOf } from '../composer/drafts.ts';
import { closeNotifications } from '../notifications/use-notifications.ts';
import { setPreferencesOf } from '../preferences/preferences.ts';

/**
 * Everything of an account that this browser keeps outside of the engine's store is under the account, and goes when
 * the account isn't logged in here, however that ended, but for a session that was lost with a restore of the server.
 */
export function useAccountsThings(isReady: boolean, accountId: string | null, lostAccountId: string | null): void {
  const [, navigate] = useLocation();
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
    // Of an account that was here before this page was.
    if (isReady && accountId === null) closeNotifications().catch(reportError);
  }, [isReady, accountId]);
}
