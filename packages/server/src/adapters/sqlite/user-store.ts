import type { Database } from 'bun:sqlite';
import type { UserId } from '@parley/protocol';
import { endOfPrefix, type SearchQuery } from '../../platform/search-position.ts';
import { foldingMark, searchTerms } from '../../platform/search-terms.ts';
import type { NewUser, UserRecord, UserStore } from '../../users/users-port.ts';
import { storedUser, type UserRow, userOf, usersTable, userTermsTable } from '../rows/account-tables.ts';
import type { GroupCommit } from './group-commit.ts';
import { type SearchStatement, searched, searchQuery } from './search-query.ts';
import { SqliteSessions } from './session-store.ts';
import { insertInto } from './statements.ts';

/** Accounts in SQLite. */
export class SqliteUserStore extends SqliteSessions implements UserStore {
  private readonly userStatements: ReturnType<typeof prepare>;

  constructor(writes: GroupCommit) {
    super(writes);
    this.userStatements = prepare(writes.database);
  }

  create({ user, administrator, invitation }: NewUser): Promise<UserRecord | 'username_taken' | 'invalid_invitation'> {
    return this.writes.run(() => {
      const statements = this.userStatements;
      const usernameKey = user.username.toLowerCase();
      if (invitation && !statements.invitation.get(invitation.tokenHash, invitation.atMs)) return 'invalid_invitation';
      if (statements.byUsername.get(usernameKey)) return 'username_taken';
      if (invitation) statements.useInvitation.run(invitation.tokenHash, invitation.atMs);
      const administers = administrator === 'when_first' ? this.anyUser() === null : administrator;
      const created: UserRecord = { ...user, administrator: administers, disabled: false };
      statements.insert.run(...usersTable.parameters(storedUser(created)));
      this.writeTerms(created);
      return created;
    });
  }

  isEmpty(): Promise<boolean> {
    return this.writes.read(() => this.anyUser() === null);
  }

  byId(userId: UserId): Promise<UserRecord | undefined> {
    return this.writes.read(() => {
      const row = this.userStatements.byId.get(userId);
      return row ? userOf(row) : undefined;
    });
  }

  byIds(userIds: readonly UserId[]): Promise<UserRecord[]> {
    return this.writes.read(() =>
      userIds.flatMap((userId) => {
        const row = this.userStatements.byId.get(userId);
        return row ? [userOf(row)] : [];
      }),
    );
  }

  byUsername(username: string): Promise<UserRecord | undefined> {
    return this.writes.read(() => {
      const row = this.userStatements.byUsername.get(username.toLowerCase());
      return row ? userOf(row) : undefined;
    });
  }

  update(
    userId: UserId,
    change: Partial<Pick<UserRecord, 'displayName' | 'passwordHash'>>,
  ): Promise<UserRecord | undefined> {
    return this.writes.run(() => this.write(userId, change));
  }

  setDisabled(userId: UserId, disabled: boolean): Promise<UserRecord | 'last_administrator' | undefined> {
    return this.writes.run(() => {
      const { byId, otherAdministrator } = this.userStatements;
      const endsAdministrator = disabled && byId.get(userId)?.administrator === 1;
      return endsAdministrator && !otherAdministrator.get(userId)
        ? 'last_administrator'
        : this.write(userId, { disabled });
    });
  }

  search(query: SearchQuery): Promise<{ user: UserRecord; term: string }[]> {
    return this.writes.read(() => {
      const rows = searched(this.userStatements.search, query);
      return rows.map((row) => ({ user: userOf(row), term: row.term }));
    });
  }

  async refreshTerms(after: string | null, limit: number): Promise<string | null> {
    const page = await this.writes.read(() => this.userStatements.marked.all(foldingMark, after ?? '', limit));
    const stale = page.filter(({ is_marked }) => is_marked === 0);
    if (stale.length > 0)
      await this.writes.run(() => {
        for (const { id } of stale) {
          const row = this.userStatements.byId.get(id);
          if (row) this.writeTerms(userOf(row));
        }
      });
    return page.length < limit ? null : (page.at(-1)?.id ?? null);
  }

  list(page: { prefix: string; after: string | null; limit: number }): Promise<UserRecord[]> {
    return this.writes.read(() => {
      const { prefix, after, limit } = page;
      return this.userStatements.list.all({ prefix, end: endOfPrefix(prefix), after: after ?? '', limit }).map(userOf);
    });
  }

  private anyUser(): unknown {
    return this.userStatements.any.get();
  }

  private write(userId: UserId, change: Partial<UserRecord>): UserRecord | undefined {
    const row = this.userStatements.byId.get(userId);
    if (!row) return undefined;
    const user = { ...userOf(row), ...change };
    this.userStatements.update.run(user.displayName, user.passwordHash, Number(user.disabled), userId);
    this.writeTerms(user);
    return user;
  }

  /** Writes the search terms of the user; none for a disabled one. */
  private writeTerms(user: UserRecord): void {
    this.userStatements.deleteTerms.run(user.id);
    if (user.disabled) return;
    for (const term of searchTerms(user.username, user.displayName)) this.userStatements.insertTerm.run(user.id, term);
  }
}

function prepare(database: Database) {
  return {
    any: database.query<unknown, []>('SELECT 1 FROM users LIMIT 1'),
    byId: database.query<UserRow, [string]>(`SELECT ${usersTable.list()} FROM users WHERE id = ?`),
    byUsername: database.query<UserRow, [string]>(`SELECT ${usersTable.list()} FROM users WHERE username_key = ?`),
    otherAdministrator: database.query<unknown, [string]>(
      'SELECT 1 FROM users WHERE administrator = 1 AND disabled = 0 AND id <> ? LIMIT 1',
    ),
    insert: database.query(insertInto(usersTable)),
    update: database.query('UPDATE users SET display_name = ?, password_hash = ?, disabled = ? WHERE id = ?'),
    invitation: database.query<{ uses_left: number }, [string, number]>(
      'SELECT uses_left FROM invitations WHERE token_hash = ? AND uses_left > 0 AND expires_at_ms > ?',
    ),
    useInvitation: database.query(
      'UPDATE invitations SET uses_left = uses_left - 1 WHERE token_hash = ? AND uses_left > 0 AND expires_at_ms > ?',
    ),
    list: database.query<UserRow, [{ prefix: string; end: string; after: string; limit: number }]>(
      `SELECT ${usersTable.list()} FROM users
       WHERE username_key >= max($prefix, $after) AND username_key <> $after AND username_key < $end
       ORDER BY username_key LIMIT $limit`,
    ),
    search: database.query(
      searchQuery({ terms: 'user_terms', id: 'user_id', subjects: usersTable, where: 's.disabled = 0' }),
    ) as SearchStatement<UserRow>,
    marked: database.query<{ id: string; is_marked: number }, [string, string, number]>(
      `SELECT id, EXISTS (SELECT 1 FROM user_terms t WHERE t.user_id = u.id AND t.term = ?) AS is_marked
       FROM users u WHERE id > ? AND disabled = 0 ORDER BY id LIMIT ?`,
    ),
    deleteTerms: database.query('DELETE FROM user_terms WHERE user_id = ?'),
    insertTerm: database.query(insertInto(userTermsTable)),
  };
}
