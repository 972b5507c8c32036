import type { SessionId, UserId } from '@parley/protocol';
import type { SearchQuery } from '../platform/search-position.ts';

export interface UserRecord {
  id: UserId;
  /** As it was typed at sign-up; unique by its lower-case form. */
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

/** A device on which the user once logged in. */
export interface KnownDevice {
  userId: UserId;
  secretHash: string;
  usedAtMs: number;
}

export interface NewUser {
  user: Omit<UserRecord, 'administrator' | 'disabled'>;
  /** `when_first`: exactly when there is no other user. */
  administrator: boolean | 'when_first';
  /** The hash of an invitation that this user uses up one use of; null when none is needed. */
  invitation: { tokenHash: string; atMs: number } | null;
}

/** Accounts, sessions, invitations. What resolved is durable and seen by every later read on any server. */
export interface UserStore {
  /**
   * All or nothing. Of two at once with one username (without regard to case) exactly one is created, and of two
   * first users exactly one administers.
   */
  create(newUser: NewUser): Promise<UserRecord | 'username_taken' | 'invalid_invitation'>;
  /** Whether there is no user at all. */
  isEmpty(): Promise<boolean>;
  byId(userId: UserId): Promise<UserRecord | undefined>;
  /** In the order of `userIds`, without those that don't exist. */
  byIds(userIds: readonly UserId[]): Promise<UserRecord[]>;
  /** Without regard to case. */
  byUsername(username: string): Promise<UserRecord | undefined>;
  /** Undefined when there is no such user. */
  update(
    userId: UserId,
    change: Partial<Pick<UserRecord, 'displayName' | 'passwordHash'>>,
  ): Promise<UserRecord | undefined>;
  /**
   * Undefined when there is no such user. `last_administrator`, and nothing changes, when no administrator would be
   * left who isn't disabled, also when several are disabled at once.
   */
  setDisabled(userId: UserId, disabled: boolean): Promise<UserRecord | 'last_administrator' | undefined>;
  /**
   * People who aren't disabled, found by the start of a search term, by (term, id), each once.
   */
  search(query: SearchQuery): Promise<{ user: UserRecord; term: string }[]>;
  /** See `RefreshableTerms`; goes through the users. */
  refreshTerms(after: string | null, limit: number): Promise<string | null>;
  /** Everybody, disabled too, by lower-case username, after the given one. */
  list(page: { prefix: string; after: string | null; limit: number }): Promise<UserRecord[]>;

  createSession(session: SessionRecord, tokenHash: string): Promise<void>;
  /** Undefined when the session was revoked or its user is disabled. */
  sessionByToken(tokenHash: string): Promise<{ session: SessionRecord; user: UserRecord } | undefined>;
  /** Whether {@link sessionByToken} would find this session of this user. */
  hasSession(userId: UserId, sessionId: SessionId): Promise<boolean>;
  /** Newest first. */
  sessions(userId: UserId): Promise<SessionRecord[]>;
  /** Notes that the session was used. May be lost by a crash. */
  touchSession(userId: UserId, sessionId: SessionId, atMs: number): Promise<void>;
  /** Ends one session of this user; false when there is none. */
  revokeSession(userId: UserId, sessionId: SessionId): Promise<boolean>;
  /** Ends all sessions of the user but `keepId`; returns those that ended. */
  revokeSessions(userId: UserId, keepId: SessionId | null): Promise<SessionId[]>;

  /** The hash among these of a secret of a device that is known to the user. */
  knownDevice(userId: UserId, secretHashes: readonly string[]): Promise<string | undefined>;
  /** Makes a device known, or notes that it was used. Of more than `keepMax` those used longest ago are forgotten. */
  keepDevice(device: KnownDevice, keepMax: number): Promise<void>;
  forgetDevice(userId: UserId, secretHash: string): Promise<void>;
  /** Forgets all devices of the user but these. */
  forgetDevices(userId: UserId, keep: readonly string[]): Promise<void>;

  /**
   * Ends those used longest ago of more than `keepMax` sessions of the user, never `keepId`; returns those that ended.
   * Several at once may leave more.
   */
  endOldestSessions(userId: UserId, keepId: SessionId, keepMax: number): Promise<SessionId[]>;
  /**
   * Looks at the next `limit` sessions of all users after the position, and ends those that were used last before
   * `usedSinceMs`. Answers with the position to go on from, null at the end. Safe to repeat and to break off.
   */
  endUnusedSessions(step: { usedSinceMs: number; after: string | null; limit: number }): Promise<string | null>;

  createInvitation(invitation: {
    tokenHash: string;
    uses: number;
    expiresAtMs: number;
    createdBy: UserId | null;
  }): Promise<void>;
}
