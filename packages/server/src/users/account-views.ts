import type { Account, Session } from '@parley/protocol';
import { Refusal } from '../platform/failures.ts';
import type { SessionRecord, UserRecord } from './users-port.ts';

export function accountView({ id, username, displayName, administrator }: UserRecord): Account {
  return { id, username, displayName, administrator };
}

export function usernameTaken(username: string): Refusal {
  return new Refusal('username_taken', `The username ${username} is taken.`, {
    errors: [{ field: '/username', rule: 'must be unique without regard to case' }],
  });
}

export function sessionView({ id, device, createdAtMs, lastUsedAtMs }: SessionRecord, current: boolean): Session {
  return { id, device, createdAtMs, lastUsedAtMs, current };
}

export function lastAdministrator(): Refusal {
  const detail =
    'This is the last administrator: without one, the server could not be administered. Make another user administrator first.';
  return new Refusal('last_administrator', detail);
}

export function wrongCredentials(detail: string): Refusal {
  return new Refusal('wrong_credentials', detail);
}
