import type { SessionId, UserId } from '@parley/protocol';
import type { SearchQuery } from '../platform/search-position.ts';

export interface UserRecord {
  id: UserId;
  /** As typed at sign-up; unique by its lower-case form. */
  username: string;
  displayName: string;
  /** PHC string. */
  passwordHash: string;
  administrator: boolean;
  disabled: boolean;
  createdAtMs: number;
}

export interface SessionRecord {
  id: SessionId;
  userId: UserId;
  device: string | null;
  createdAtMs: number;
  /** To the minute. */
  lastUsedAtMs: number;
}

/** A device on which the user has logged in before. */
export interface KnownDevice {
  userId: UserId;
  secretHash: string;
  usedAtMs: number;
}

export interface NewUser {
  user: Omit<UserRecord, 'administrator' | 'disabled'>;
  /** `when_first`: exactly if there is no other user. */
  administrator: boolean | 'when_first';
  /** The hash of an invitation, of which creating the user takes one use; null when none is needed. */
  invitation: { tokenHash: string; atMs: number } | null;
}

/**
 * Accounts, sessions and invitations. A write that resolved is durable and visible to every later read on any server.
 */
export interface UserStore {
  /**
   * All or nothing. An invalid invitation is reported before a username that is taken, so that only people with an
   * invitation learn which names are taken. Of two concurrent calls with the same username (ignoring case) exactly one
   * creates a user, and of two concurrent first users exactly one becomes administrator.
   */
  create(newUser: NewUser): Promise<UserRecord | 'username_taken' | 'invalid_invitation'>;
  /** Whether there are no users. */
  isEmpty(): Promise<boolean>;
  byId(userId: UserId): Promise<UserRecord | undefined>;
  /** In the order of `userIds`, without those that don't exist. */
  byIds(userIds: readonly UserId[]): Promise<UserRecord[]>;
  /** Ignores case. The text may be one that is no valid username. Takes as many steps when there is no such user. */
  byUsername(username: string): Promise<UserRecord | undefined>;
  /** Undefined when there is no such user. */
  update(
    userId: UserId,
    change: Partial<Pick<UserRecord, 'displayName' | 'passwordHash'>>,
  ): Promise<UserRecord | undefined>;
  /**
   * Undefined when there is no such user. `last_administrator`, without a change, when no enabled administrator would
   * be left, even if several are disabled concurrently.
   */
  setDisabled(userId: UserId, disabled: boolean): Promise<UserRecord | 'last_administrator' | undefined>;
  /** Enabled users with a search term that starts with the query, by (term, id), each once. */
  search(query: SearchQuery): Promise<{ user: UserRecord; term: string }[]>;
  /** See `RefreshableTerms`; the subjects are the users. */
  refreshTerms(after: string | null, limit: number): Promise<string | null>;
  /** All users, disabled ones included, by lower-case username, after the given one. */
  list(page: { prefix: string; after: string | null; limit: number }): Promise<UserRecord[]>;

  createSession(session: SessionRecord, tokenHash: string): Promise<void>;
  /** Undefined when the session was revoked or its user is disabled. */
  sessionByToken(tokenHash: string): Promise<{ session: SessionRecord; user: UserRecord } | undefined>;
  /** Whether {@link sessionByToken} would find this session of this user. */
  hasSession(userId: UserId, sessionId: SessionId): Promise<boolean>;
  /**
   * The ids of all sessions of these users that {@link sessionByToken} would find. While a shard is being moved, some may
   * be missing.
   */
  sessionIds(userIds: readonly UserId[]): Promise<Set<SessionId>>;
  /** Newest first. */
  sessions(userId: UserId): Promise<SessionRecord[]>;
  /** Records that the session was used. A crash may lose it. */
  touchSession(userId: UserId, sessionId: SessionId, atMs: number): Promise<void>;
  /** Ends one session of this user; returns false when there is none. */
  revokeSession(userId: UserId, sessionId: SessionId): Promise<boolean>;
  /** Ends all sessions of the user except `keepId`; returns those that ended. */
  revokeSessions(userId: UserId, keepId: SessionId | null): Promise<SessionId[]>;

  /** Returns the first of these hashes that belongs to a known device of the user. */
  knownDevice(userId: UserId, secretHashes: readonly string[]): Promise<string | undefined>;
  /**
   * Adds a known device, or records that it was used. Of more than `keepMax` devices the least recently used are
   * forgotten.
   */
  keepDevice(device: KnownDevice, keepMax: number): Promise<void>;
  forgetDevice(userId: UserId, secretHash: string): Promise<void>;
  /** Removes all devices of the user except these. */
  forgetDevices(userId: UserId, keep: readonly string[]): Promise<void>;

  /**
   * Ends the least recently used of more than `keepMax` sessions of the user, never `keepId`; returns those that ended.
   * Concurrent calls may leave more.
   */
  endOldestSessions(userId: UserId, keepId: SessionId, keepMax: number): Promise<SessionId[]>;
  /**
   * Reads the next `limit` sessions of all users after the position, and ends those last used before `usedSinceMs`.
   * Returns the position to continue from, null at the end. Safe to repeat and to interrupt.
   */
  endUnusedSessions(step: { usedSinceMs: number; after: string | null; limit: number }): Promise<string | null>;

  createInvitation(invitation: {
    tokenHash: string;
    uses: number;
    expiresAtMs: number;
    createdBy: UserId | null;
  }): Promise<void>;
}
