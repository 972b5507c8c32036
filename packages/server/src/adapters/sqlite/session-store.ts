import type { Database } from 'bun:sqlite';
import type { SessionId, UserId } from '@parley/protocol';
import type { SessionRecord, UserRecord } from '../../users/users-port.ts';
import {
  invitationsTable,
  type SessionRow,
  sessionOf,
  sessionsTable,
  type UserRow,
  userOf,
  usersTable,
} from '../rows/account-tables.ts';
import { SqliteDevices } from './device-store.ts';
import type { GroupCommit } from './group-commit.ts';
import { insertInto } from './statements.ts';

/** Sessions and invitations in SQLite; a part of the user store. */
export class SqliteSessions extends SqliteDevices {
  private readonly statements: ReturnType<typeof prepare>;

  constructor(writes: GroupCommit) {
    super(writes);
    this.statements = prepare(writes.database);
  }

  createSession(session: SessionRecord, tokenHash: string): Promise<void> {
    return this.writes.run(() => {
      this.statements.insert.run(...sessionsTable.parameters({ ...session, tokenHash }));
    });
  }

  sessionByToken(tokenHash: string): Promise<{ session: SessionRecord; user: UserRecord } | undefined> {
    return this.writes.read(() => {
      const row = this.statements.byToken.get(tokenHash);
      const user = row && this.statements.enabledUser.get(row.user_id);
      return row && user ? { session: sessionOf(row), user: userOf(user) } : undefined;
    });
  }

  hasSession(userId: UserId, sessionId: SessionId): Promise<boolean> {
    return this.writes.read(
      () => this.statements.has.get(userId, sessionId) !== null && this.statements.enabledUser.get(userId) !== null,
    );
  }

  sessionIds(userIds: readonly UserId[]): Promise<Set<SessionId>> {
    return this.writes.read(() => {
      const enabled = userIds.filter((userId) => this.statements.enabledUser.get(userId) !== null);
      return new Set(enabled.flatMap((userId) => this.statements.ofUser.all(userId).map(({ id }) => id)));
    });
  }

  sessions(userId: UserId): Promise<SessionRecord[]> {
    return this.writes.read(() => this.statements.ofUser.all(userId).map(sessionOf));
  }

  touchSession(_userId: UserId, sessionId: SessionId, atMs: number): Promise<void> {
    return this.writes.run(() => {
      this.statements.touch.run(atMs, sessionId);
    });
  }

  revokeSession(userId: UserId, sessionId: SessionId): Promise<boolean> {
    return this.writes.run(() => this.statements.revoke.run(userId, sessionId).changes > 0);
  }

  revokeSessions(userId: UserId, keepId: SessionId | null): Promise<SessionId[]> {
    return this.writes.run(() => this.statements.revokeOthers.all(userId, keepId ?? '').map((row) => row.id));
  }

  endOldestSessions(userId: UserId, keepId: SessionId, keepMax: number): Promise<SessionId[]> {
    return this.writes.run(() =>
      this.statements.endOldest.all({ userId, keepId, othersMax: keepMax - 1 }).map((row) => row.id),
    );
  }

  async endUnusedSessions(step: { usedSinceMs: number; after: string | null; limit: number }): Promise<string | null> {
    const { usedSinceMs, after, limit } = step;
    const page = await this.writes.read(() => this.statements.page.all(after ?? '', limit));
    const last = page.at(-1);
    if (last && page.some(({ last_used_at_ms }) => last_used_at_ms < usedSinceMs)) {
      await this.writes.run(() => {
        this.statements.endUnused.run(after ?? '', last.token_hash, usedSinceMs);
      });
    }
    return last && page.length === limit ? last.token_hash : null;
  }

  createInvitation(invitation: {
    tokenHash: string;
    uses: number;
    expiresAtMs: number;
    createdBy: UserId | null;
  }): Promise<void> {
    return this.writes.run(() => {
      this.statements.insertInvitation.run(
        ...invitationsTable.parameters({ ...invitation, usesLeft: invitation.uses }),
      );
    });
  }
}

function prepare(database: Database) {
  return {
    insert: database.query(insertInto(sessionsTable)),
    byToken: database.query<SessionRow, [string]>(`SELECT ${sessionsTable.list()} FROM sessions WHERE token_hash = ?`),
    enabledUser: database.query<UserRow, [string]>(
      `SELECT ${usersTable.list()} FROM users WHERE id = ? AND disabled = 0`,
    ),
    ofUser: database.query<SessionRow, [string]>(
      `SELECT ${sessionsTable.list()} FROM sessions WHERE user_id = ? ORDER BY created_at_ms DESC, id DESC`,
    ),
    has: database.query('SELECT 1 FROM sessions WHERE user_id = ? AND id = ?'),
    touch: database.query('UPDATE sessions SET last_used_at_ms = ? WHERE id = ?'),
    revoke: database.query('DELETE FROM sessions WHERE user_id = ? AND id = ?'),
    revokeOthers: database.query<{ id: string }, [string, string]>(
      'DELETE FROM sessions WHERE user_id = ? AND id <> ? RETURNING id',
    ),
    endOldest: database.query<{ id: string }, [{ userId: string; keepId: string; othersMax: number }]>(
      `DELETE FROM sessions WHERE id IN (
         SELECT id FROM sessions WHERE user_id = $userId AND id <> $keepId
         ORDER BY last_used_at_ms DESC LIMIT -1 OFFSET $othersMax)
       RETURNING id`,
    ),
    page: database.query<{ token_hash: string; last_used_at_ms: number }, [string, number]>(
      'SELECT token_hash, last_used_at_ms FROM sessions WHERE token_hash > ? ORDER BY token_hash LIMIT ?',
    ),
    endUnused: database.query('DELETE FROM sessions WHERE token_hash > ? AND token_hash <= ? AND last_used_at_ms < ?'),
    insertInvitation: database.query(insertInto(invitationsTable)),
  };
}
