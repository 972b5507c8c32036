import type { StringKey } from '../strings/english.ts';
import { t } from '../strings/strings.ts';
import { RequestFailed } from './engine-link.ts';

const texts: Partial<Record<string, StringKey>> = {
  disconnected: 'failedDisconnected',
  intercepted: 'intercepted',
  unavailable: 'failedDisconnected',
  overloaded: 'failedDisconnected',
  wrong_credentials: 'failedCredentials',
  username_taken: 'failedTaken',
  invalid_invitation: 'failedInvitation',
  first_account_link_needed: 'failedFirstAccount',
  signup_closed: 'signupClosed',
  rate_limited: 'failedRate',
  forbidden: 'failedForbidden',
  last_owner: 'failedLastOwner',
  banned: 'failedBanned',
  user_banned: 'failedUserBanned',
  feature_not_enabled: 'failedFeature',
  not_found: 'failedNotFound',
  message_not_found: 'failedNotFound',
  message_deleted: 'failedDeleted',
  edit_window_over: 'failedEditWindow',
  announce_only: 'announceOnlyNote',
  too_many_reactions: 'failedReactions',
  too_many_pins: 'failedPins',
};

/** Says what went wrong, in the person's language if the server's error code is known. */
export function failureText(error: unknown): string {
  if (!(error instanceof RequestFailed)) {
    return t('failedUnknown', { reason: error instanceof Error ? error.message : String(error) });
  }
  const key = texts[error.code];
  if (key) return t(key);
  const [first] = error.errors;
  if (first) return t('failedInvalid', { field: first.field.replace(/^\//, ''), rule: first.rule });
  return t('failedUnknown', { reason: error.message });
}
