import { termsFault } from '../../platform/search-terms.ts';
import { claimsTable, invitationsTable, sessionsTable, type UserRow, usersTable } from '../rows/account-tables.ts';
import type { AnyTable } from '../rows/table.ts';
import { Claims } from './claims.ts';
import type { ShardedDatabase } from './sharded-database.ts';
import { firstUser, PostgresUserStore, usernameClaim } from './user-store.ts';
import type { Agreement, Fault } from './verify-shards.ts';

/** The key of an account, a claim of a name, a session or an invitation. */
export type AccountKey =
  | { kind: 'account'; userId: string; username: string }
  | { kind: 'claim'; name: string; userId: string }
  | { kind: 'session'; userId: string; id: string; tokenHash: string }
  | { kind: 'invitation'; createdBy: string }
  | { kind: 'first' };

type AccountRow = UserRow & { terms: string[] };

const pageSize = 500;

/** Checks that names, accounts, sessions and invitations, which are in different shards, agree. */
export class AccountAgreement implements Agreement<AccountKey> {
  private readonly claims: Claims;
  private readonly users: PostgresUserStore;

  constructor(private readonly database: ShardedDatabase) {
    this.claims = new Claims(database, async (userId) => (await this.account(userId)) !== undefined);
    this.users = new PostgresUserStore(database);
  }

  async *keys(shard: number): AsyncGenerator<AccountKey[]> {
    yield* this.pages(shard, usersTable, 'id', (row) => ({
      ...{ kind: 'account', userId: String(row['id']), username: String(row['username']) },
    }));
    yield* this.pages(shard, claimsTable, 'name', (row) => ({
      ...{ kind: 'claim', name: String(row['name']), userId: String(row['user_id']) },
    }));
    yield* this.pages(shard, sessionsTable, 'user_id', (row) => ({
      ...{ kind: 'session', userId: String(row['user_id']), id: String(row['id']) },
      tokenHash: String(row['token_hash']),
    }));
    for await (const page of this.pages(shard, invitationsTable, 'token_hash', (row) => ({
      ...{ kind: 'invitation', createdBy: String(row['created_by'] ?? '') },
    })))
      yield page.filter((key) => key.kind === 'invitation' && key.createdBy !== '');
    if (shard === this.database.shardOf(firstUser)) yield [{ kind: 'first' }];
  }

  async faults(keys: readonly AccountKey[]): Promise<Map<AccountKey, Fault>> {
    const found = new Map<AccountKey, Fault>();
    for (const key of keys) {
      const fault = await this.faultOf(key);
      if (fault) found.set(key, fault);
    }
    return found;
  }

  private async faultOf(key: AccountKey): Promise<Fault | null> {
    switch (key.kind) {
      case 'account':
        return (await this.nameFault(key)) ?? (await this.rowFault(key));
      case 'claim':
        return this.claimFault(key);
      case 'session':
        return this.sessionFault(key);
      case 'invitation':
        return this.invitationFault(key);
      case 'first':
        return this.firstFault();
    }
  }

  /** The rows in an account's own shard. */
  private async rowFault({ userId }: AccountKey & { kind: 'account' }): Promise<Fault | null> {
    const user = await this.account(userId);
    if (!user) return null;
    const { username, username_key: key, display_name: displayName, terms } = user;
    if (key !== username.toLowerCase()) {
      const sentence = `account ${userId} has the username key ${JSON.stringify(key)}, but the username ${JSON.stringify(username)}`;
      return { sentence: `${sentence}: restore ${this.serverOf(userId)} to an earlier moment`, repair: null };
    }
    const fault = user.disabled
      ? terms.length > 0 && 'has search terms, although it is disabled'
      : termsFault(terms, [username, displayName]);
    if (!fault) return null;
    return { sentence: `account ${userId} ${fault}`, repair: () => this.users.update(userId, { displayName }) };
  }

  private async invitationFault({ createdBy }: AccountKey & { kind: 'invitation' }): Promise<Fault | null> {
    if (await this.account(createdBy)) return null;
    const sentence = `an invitation was created by ${createdBy}, who has no account`;
    return { sentence: `${sentence}: restore ${this.serverOf(createdBy)} to a later moment`, repair: null };
  }

  /** A user who signs up while nobody has claimed to be the first becomes administrator. */
  private async firstFault(): Promise<Fault | null> {
    if ((await this.claims.holder(firstUser)) !== undefined) return null;
    const found = await this.database.everywhere(
      (sql) => sql<{ id: string }[]>`
        SELECT id FROM users WHERE shard IN (SELECT shard FROM served_shards) ORDER BY administrator DESC, id LIMIT 1`,
    );
    const [user] = found.flat();
    if (!user) return null;
    return {
      sentence:
        'there are accounts, but none is recorded as the first: the next user who signs up becomes administrator',
      repair: () => this.claim(firstUser, user.id),
    };
  }

  private async nameFault({ userId, username }: AccountKey & { kind: 'account' }): Promise<Fault | null> {
    const name = usernameClaim(username);
    const holder = await this.claims.holder(name);
    if (holder === userId) return null;
    // It may have been renamed or deleted since its key was read.
    if ((await this.account(userId))?.username !== username) return null;
    if (holder === undefined) {
      return {
        sentence: `account ${userId} has name ${username}, which is not claimed for it`,
        repair: () => this.claim(name, userId),
      };
    }
    const sentence =
      `account ${userId} has name ${username}, which is claimed for ${holder}: the user cannot log in; ` +
      'restore the server of that name to a later moment, or have the user sign up with another name';
    return { sentence, repair: null };
  }

  private async claimFault({ name, userId }: AccountKey & { kind: 'claim' }): Promise<Fault | null> {
    // If the claim of the first user were released, the next user to sign up would administer the cluster.
    if (name === firstUser || (await this.claims.holder(name)) !== userId) return null;
    const account = await this.account(userId);
    if (account && usernameClaim(account.username) === name) return null;
    const why = account ? `whose name is ${account.username}` : 'who has no account';
    return {
      sentence: `${name} is claimed for ${userId}, ${why}: no user can take it`,
      repair: () => (account ? this.free(name, userId) : this.letLapse(name, userId)),
    };
  }

  private async sessionFault({ userId, id, tokenHash }: AccountKey & { kind: 'session' }): Promise<Fault | null> {
    const [token] = await this.database.at(
      tokenHash,
      (sql, shard) => sql`
        SELECT 1 FROM session_tokens
        WHERE shard = served(${shard}) AND token_hash = ${tokenHash} AND user_id = ${userId} AND session_id = ${id}`,
    );
    if (token) return null;
    const [session] = await this.database.at(
      userId,
      (sql, shard) => sql`SELECT 1 FROM sessions 
        WHERE shard = served(${shard}) AND user_id = ${userId} AND id = ${id} AND token_hash = ${tokenHash}`,
    );
    if (!session) return null;
    return {
      sentence: `session ${id} of ${userId} has no token, so it cannot be used`,
      repair: () =>
        this.database.at(
          tokenHash,
          (sql, shard) => sql`
            INSERT INTO session_tokens (shard, token_hash, user_id, session_id)
            VALUES (writable(${shard}), ${tokenHash}, ${userId}, ${id})
            ON CONFLICT (shard, token_hash) DO UPDATE SET (user_id, session_id) = (excluded.user_id, excluded.session_id)`,
        ),
    };
  }

  private async account(userId: string): Promise<AccountRow | undefined> {
    const [row] = await this.database.at(
      userId,
      (sql, shard) => sql<AccountRow[]>`
        SELECT ${sql.unsafe(usersTable.list('u'))},
          ARRAY(SELECT term FROM user_terms t WHERE t.shard = u.shard AND t.user_id = u.id) AS terms
        FROM users u WHERE u.shard = served(${shard}) AND u.id = ${userId}`,
    );
    return row;
  }

  private serverOf(id: string): string {
    return `PostgreSQL server ${this.database.serverOf(this.database.shardOf(id))}`;
  }

  private async claim(name: string, userId: string): Promise<void> {
    if (await this.claims.take(name, userId)) await this.claims.confirm(name, userId);
  }

  /** Pending for long: it lapses when another user claims the name, or is confirmed if its account comes back. */
  private async letLapse(name: string, userId: string): Promise<void> {
    await this.database.at(
      name,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        UPDATE claims c SET confirmed = false, claimed_at = now() - interval '1 hour' FROM permitted
        WHERE c.shard = permitted.shard AND c.name = ${name} AND c.user_id = ${userId}`,
    );
  }

  private async free(name: string, userId: string): Promise<void> {
    await this.database.at(
      name,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        DELETE FROM claims c USING permitted
        WHERE c.shard = permitted.shard AND c.name = ${name} AND c.user_id = ${userId}`,
    );
  }

  private async *pages(
    shard: number,
    table: AnyTable,
    column: string,
    keyOf: (row: Record<string, unknown>) => AccountKey,
  ): AsyncGenerator<AccountKey[]> {
    for (let after = ''; ; ) {
      // All rows of one id come together: a user has few sessions.
      const rows: Record<string, unknown>[] = await this.database.inShard(
        shard,
        (sql) => sql`
          SELECT ${sql.unsafe(table.list())} FROM ${sql(table.name)}
          WHERE shard = served(${shard}) AND ${sql(column)} > ${after}
          ORDER BY ${sql(column)} FETCH FIRST ${pageSize} ROWS WITH TIES`,
      );
      yield rows.map(keyOf);
      if (rows.length < pageSize) return;
      after = String(rows.at(-1)?.[column]);
    }
  }
}
