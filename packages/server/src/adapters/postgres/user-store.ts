import type { UserId } from '@parley/protocol';
import { Unavailable } from '../../platform/failures.ts';
import { systemIds } from '../../platform/ids.ts';
import { byCodePoint, endOfPrefix, firstOfAll, type SearchQuery } from '../../platform/search-position.ts';
import { foldingMark, searchTerms } from '../../platform/search-terms.ts';
import type { NewUser, UserRecord, UserStore } from '../../users/users-port.ts';
import { storedUser, type UserRow, userOf, usersTable } from '../rows/account-tables.ts';
import { Claims } from './claims.ts';
import { json } from './pool.ts';
import { columnsOf, recordsetOf } from './recordset.ts';
import { type MarkedRow, refreshShards } from './refresh-shards.ts';
import { foundByTerm } from './search-query.ts';
import { PostgresSessions } from './session-store.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/** The name that the first user claims. */
export const firstUser = 'first user';

/**
 * Claimed while an administrator is disabled, so that two administrators cannot disable each other at the same time.
 */
const administratorsClaim = 'administrators';

/** Accounts in PostgreSQL, each in its user's shard; usernames are {@link Claims}. */
export class PostgresUserStore extends PostgresSessions implements UserStore {
  private readonly claims: Claims;

  constructor(database: ShardedDatabase) {
    super(database);
    this.claims = new Claims(database, async (userId) => (await this.byId(userId)) !== undefined);
  }

  async create(newUser: NewUser): Promise<UserRecord | 'username_taken' | 'invalid_invitation'> {
    const { user, invitation } = newUser;
    const username = usernameClaim(user.username);
    if (invitation && !(await this.isInvited(invitation))) return 'invalid_invitation';
    if (!(await this.claims.take(username, user.id))) return 'username_taken';
    if (invitation && !(await this.useInvitation(invitation))) {
      await this.claims.release(username, user.id);
      return 'invalid_invitation';
    }
    const isFirst = await this.claims.take(firstUser, user.id);
    const administrator = newUser.administrator === 'when_first' ? isFirst : newUser.administrator;
    const created: UserRecord = { ...user, administrator, disabled: false };
    await this.insert(created).catch(async (error: unknown) => {
      // It is unknown whether an unavailable server has written the account: the claims then lapse or are confirmed
      // later.
      if (!(error instanceof Unavailable)) await this.undo(newUser, isFirst);
      throw error;
    });
    if (isFirst) await this.claims.confirm(firstUser, user.id);
    if (await this.claims.confirm(username, user.id)) return created;
    // It took more than a minute, and another user has claimed the name.
    await this.remove(user.id);
    return 'username_taken';
  }

  async isEmpty(): Promise<boolean> {
    return (await this.claims.holder(firstUser)) === undefined;
  }

  async byId(userId: UserId): Promise<UserRecord | undefined> {
    const [row] = await this.database.at(
      userId,
      (sql, shard) => sql<UserRow[]>`
        SELECT ${sql.unsafe(usersTable.list())} FROM users WHERE shard = served(${shard}) AND id = ${userId}`,
    );
    return row && userOf(row);
  }

  async byIds(userIds: readonly UserId[]): Promise<UserRecord[]> {
    const parts = await this.database.atIds(
      userIds,
      (sql, wanted) => sql<UserRow[]>`
        SELECT ${sql.unsafe(usersTable.list('u'))}
        FROM ${wanted} AS wanted (shard, ids) JOIN users u ON u.shard = wanted.shard AND u.id = ANY(wanted.ids)`,
    );
    const found = new Map(parts.flat().map((row) => [row.id, userOf(row)]));
    return userIds.flatMap((userId) => found.get(userId) ?? []);
  }

  async byUsername(username: string): Promise<UserRecord | undefined> {
    // PostgreSQL refuses U+0000, which no username has.
    const userId = await this.claims.holder(usernameClaim(username.includes('\0') ? '' : username));
    // Both statements run for an unknown name too, so that the time of an answer does not reveal it. The id of no user is
    // random, so that the reads of unknown names are spread over the shards.
    return this.byId(userId ?? systemIds.uuid());
  }

  async update(
    userId: UserId,
    change: Partial<Pick<UserRecord, 'displayName' | 'passwordHash'>>,
  ): Promise<UserRecord | undefined> {
    return this.write(userId, change);
  }

  async setDisabled(userId: UserId, disabled: boolean): Promise<UserRecord | 'last_administrator' | undefined> {
    const user = await this.byId(userId);
    if (!user?.administrator || !disabled) return this.write(userId, { disabled });
    return this.claims.holding(administratorsClaim, async () =>
      (await this.hasOtherAdministrator(userId)) ? this.write(userId, { disabled }) : 'last_administrator',
    );
  }

  private async hasOtherAdministrator(userId: UserId): Promise<boolean> {
    const parts = await this.database.everywhere(
      (sql) => sql`
        SELECT 1 FROM users
        WHERE administrator AND NOT disabled AND id <> ${userId} AND shard IN (SELECT shard FROM served_shards)
        LIMIT 1`,
    );
    return parts.flat().length > 0;
  }

  private async write(userId: UserId, change: Partial<UserRecord>): Promise<UserRecord | undefined> {
    for (;;) {
      const before = await this.byId(userId);
      if (!before) return undefined;
      const user = { ...before, ...change };
      if (!(await this.replace(before, user))) continue;
      if (change.displayName !== undefined || change.disabled !== undefined) await this.dropOtherTerms(user);
      return user;
    }
  }

  /** Terms of the former name that were written while it changed, which the change did not see. */
  private async dropOtherTerms(user: UserRecord): Promise<void> {
    await this.database.at(
      user.id,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard),
        unchanged AS (
          SELECT u.shard, u.id FROM users u JOIN permitted ON u.shard = permitted.shard
          WHERE u.id = ${user.id} AND u.display_name = ${user.displayName} AND u.disabled = ${user.disabled}
          FOR SHARE OF u
        )
        DELETE FROM user_terms t USING unchanged
        WHERE t.shard = unchanged.shard AND t.user_id = unchanged.id AND t.term <> ALL(${termsOf(user)}::text[])`,
    );
  }

  async search(query: SearchQuery): Promise<{ user: UserRecord; term: string }[]> {
    const tables = { terms: 'user_terms', id: 'user_id', subjects: 'users', hidden: 'disabled' };
    const rows = await foundByTerm<UserRow>(this.database, tables, query);
    return rows.map(({ subject, term }) => ({ user: userOf(subject), term }));
  }

  refreshTerms(after: string | null, limit: number): Promise<string | null> {
    const read = (shard: number, id: string) =>
      this.database.inShard(
        shard,
        (sql) => sql<MarkedRow<UserRow>[]>`
          SELECT u.id, to_json(u) AS subject, EXISTS (
            SELECT FROM user_terms t WHERE t.shard = u.shard AND t.user_id = u.id AND t.term = ${foldingMark}
          ) AS is_marked
          FROM users u WHERE u.shard = served(${shard}) AND u.id > ${id} AND NOT u.disabled
          ORDER BY u.id LIMIT ${limit}`,
      );
    return refreshShards(this.database, { after, limit }, read, (row) => this.writeTerms(userOf(row)));
  }

  /** Writes the search terms of a user, of the name after all changes. */
  private async writeTerms(user: UserRecord): Promise<void> {
    for (let current: UserRecord | undefined = user; current; ) {
      await this.replace(current, current);
      // A change that waited for that statement did not see its terms and did not delete them.
      const changed = await this.lockedById(user.id);
      if (!changed || (changed.displayName === current.displayName && changed.disabled === current.disabled)) return;
      current = changed;
    }
  }

  /** The user after all changes that have begun. */
  private async lockedById(userId: UserId): Promise<UserRecord | undefined> {
    const [row] = await this.database.at(
      userId,
      (sql, shard) => sql<UserRow[]>`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        SELECT ${sql.unsafe(usersTable.list('u'))} FROM users u
        JOIN permitted ON u.shard = permitted.shard WHERE u.id = ${userId} FOR SHARE OF u`,
    );
    return row && userOf(row);
  }

  async list({ prefix, after, limit }: { prefix: string; after: string | null; limit: number }): Promise<UserRecord[]> {
    const parts = await this.database.everywhere(
      (sql) => sql<UserRow[]>`
        SELECT ${sql.unsafe(usersTable.list())} FROM users
        WHERE username_key >= ${prefix} AND username_key < ${endOfPrefix(prefix)} AND username_key > ${after ?? ''}
          AND shard IN (SELECT shard FROM served_shards)
        ORDER BY username_key LIMIT ${limit}`,
    );
    return firstOfAll(parts.flat(), limit, (a, b) => byCodePoint(a.username_key, b.username_key)).map(userOf);
  }

  private async insert(user: UserRecord): Promise<void> {
    await this.database.at(
      user.id,
      (sql, shard) => sql`
        WITH made AS (
          INSERT INTO users (${sql.unsafe(columnsOf(usersTable))})
          SELECT writable(${shard}), ${sql.unsafe(usersTable.list())}
          FROM json_to_recordset(${json(sql, [usersTable.toRow(storedUser(user))])})
            AS given ${sql.unsafe(recordsetOf(usersTable))}
          RETURNING shard, id
        )
        INSERT INTO user_terms (shard, user_id, term)
        SELECT shard, id, term FROM made, unnest(${termsOf(user)}::text[]) AS term`,
    );
  }

  private async undo({ user, invitation }: NewUser, wasFirst: boolean): Promise<void> {
    await this.claims.release(usernameClaim(user.username), user.id);
    if (wasFirst) await this.claims.release(firstUser, user.id);
    if (invitation) await this.giveBackInvitation(invitation.tokenHash);
  }

  private async remove(userId: UserId): Promise<void> {
    await this.database.at(
      userId,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard),
        terms AS (DELETE FROM user_terms t USING permitted WHERE t.shard = permitted.shard AND t.user_id = ${userId})
        DELETE FROM users u USING permitted WHERE u.shard = permitted.shard AND u.id = ${userId}`,
    );
  }

  /** Writes `user` with its search terms; returns false when the stored row is no longer `before`. */
  private async replace(before: UserRecord, user: UserRecord): Promise<boolean> {
    const terms = termsOf(user);
    const rows = await this.database.at(
      user.id,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard),
        changed AS (
          UPDATE users u SET
            display_name = ${user.displayName}, password_hash = ${user.passwordHash}, disabled = ${user.disabled}
          FROM permitted
          WHERE u.shard = permitted.shard AND u.id = ${user.id} AND u.display_name = ${before.displayName}
            AND u.password_hash = ${before.passwordHash} AND u.disabled = ${before.disabled}
          RETURNING u.shard, u.id
        ),
        lost AS (
          DELETE FROM user_terms t USING changed
          WHERE t.shard = changed.shard AND t.user_id = changed.id AND t.term <> ALL(${terms}::text[])
        ),
        found AS (
          INSERT INTO user_terms (shard, user_id, term)
          SELECT shard, id, term FROM changed, unnest(${terms}::text[]) AS term
          ON CONFLICT DO NOTHING
        )
        SELECT 1 FROM changed`,
    );
    return rows.length > 0;
  }
}

/** The names that a user of this name claims. */
export function usernameClaim(username: string): string {
  return `username ${username.toLowerCase()}`;
}

/** The search terms of the user; none for a disabled user. */
function termsOf(user: UserRecord): string[] {
  return user.disabled ? [] : searchTerms(user.username, user.displayName);
}
