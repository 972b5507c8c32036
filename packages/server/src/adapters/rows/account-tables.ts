import type { SessionId, UserId } from '@parley/protocol';
import type { KnownDevice, SessionRecord, UserRecord } from '../../users/users-port.ts';
import { type RowOf, Table } from './table.ts';

type StoredUser = UserRecord & { usernameKey: string };

export const usersTable = new Table<StoredUser>(
  'users',
  {
    id: 'text',
    username: 'text',
    usernameKey: 'text',
    displayName: 'text',
    passwordHash: 'text',
    administrator: 'flag',
    disabled: 'flag',
    createdAtMs: 'number',
  },
  {
    key: ['id'],
    engines: 'both',
    placement: { by: 'id' },
  },
);
export type UserRow = RowOf<StoredUser>;

export function userOf(row: UserRow): UserRecord {
  const { usernameKey: _, ...user } = usersTable.fromRow(row);
  return user;
}

export function storedUser(user: UserRecord): StoredUser {
  return { ...user, usernameKey: user.username.toLowerCase() };
}

/** The search terms of each user's names. */
export const userTermsTable = new Table<{ userId: UserId; term: string }>(
  'user_terms',
  { userId: 'text', term: 'text' },
  {
    key: ['user_id', 'term'],
    engines: 'both',
    placement: { by: 'user_id' },
    references: { user_id: 'users' },
  },
);

interface Claim {
  name: string;
  userId: UserId;
  confirmed: boolean;
  claimedAt: string;
}

/** Names that at most one user may have, each in the shard of its hash (race 9). */
export const claimsTable = new Table<Claim>(
  'claims',
  { name: 'text', userId: 'text', confirmed: 'flag', claimedAt: 'time' },
  {
    key: ['name'],
    engines: 'postgres',
    placement: { by: 'name' },
  },
);

type StoredSession = SessionRecord & { tokenHash: string };

export const sessionsTable = new Table<StoredSession>(
  'sessions',
  {
    id: 'text',
    userId: 'text',
    tokenHash: 'text',
    device: 'text',
    createdAtMs: 'number',
    lastUsedAtMs: 'number',
  },
  {
    key: ['user_id', 'id'],
    engines: 'both',
    placement: { by: 'user_id' },
    references: { user_id: 'users' },
  },
);
export type SessionRow = RowOf<StoredSession>;

export function sessionOf(row: SessionRow): SessionRecord {
  const { tokenHash: _, ...session } = sessionsTable.fromRow(row);
  return session;
}

/**
 * The session that each token belongs to, in the shard of the token's hash. The session row decides whether the token
 * is still valid.
 */
export const sessionTokensTable = new Table<{ tokenHash: string; userId: UserId; sessionId: SessionId }>(
  'session_tokens',
  { tokenHash: 'text', userId: 'text', sessionId: 'text' },
  {
    key: ['token_hash'],
    engines: 'postgres',
    placement: { by: 'token_hash' },
  },
);

/** Devices on which a user has logged in. */
export const deviceSecretsTable = new Table<KnownDevice>(
  'device_secrets',
  { userId: 'text', secretHash: 'text', usedAtMs: 'number' },
  {
    key: ['user_id', 'secret_hash'],
    engines: 'both',
    placement: { by: 'user_id' },
    references: { user_id: 'users' },
  },
);

interface Invitation {
  tokenHash: string;
  usesLeft: number;
  expiresAtMs: number;
  createdBy: UserId | null;
}

export const invitationsTable = new Table<Invitation>(
  'invitations',
  { tokenHash: 'text', usesLeft: 'number', expiresAtMs: 'number', createdBy: 'text' },
  {
    key: ['token_hash'],
    engines: 'both',
    placement: { by: 'token_hash' },
    references: { created_by: 'users' },
  },
);
