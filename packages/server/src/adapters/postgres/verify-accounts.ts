import { Claims } from './claims.ts';
import type { ShardedDatabase } from './sharded-database.ts';
import { firstUser, usernameClaim } from './user-store.ts';
import type { Agreement, Fault } from './verify-shards.ts';

/** An account, a claim of a name, or a session; only one of each is looked at by its key. */
export type AccountKey =
  | { kind: 'account'; userId: string; username: string }
  | { kind: 'claim'; name: string; userId: string }
  | { kind: 'session'; userId: string; id: string; tokenHash: string };

const pageSize = 500;

/** Names, accounts and sessions agree, each of them in a shard of its own. */
export class AccountAgreement implements Agreement<AccountKey> {
  private readonly claims: Claims;

  constructor(private readonly database: ShardedDatabase) {
    this.claims = new Claims(database, (userId) => this.hasAccount(userId));
  }

  async *keys(shard: number): AsyncGenerator<AccountKey[]> {
    yield* this.pages(shard, 'users', 'id', (row) => ({
      ...{ kind: 'account', userId: String(row['id']), username: String(row['username']) },
    }));
    yield* this.pages(shard, 'claims', 'name', (row) => ({
      ...{ kind: 'claim', name: String(row['name']), userId: String(row['user_id']) },
    }));
    yield* this.pages(shard, 'sessions', 'user_id', (row) => ({
      ...{ kind: 'session', userId: String(row['user_id']), id: String(row['id']) },
      tokenHash: String(row['token_hash']),
    }));
  }

  async faults(keys: readonly AccountKey[]): Promise<Map<AccountKey, Fault>> {
    const found = new Map<AccountKey, Fault>();
    for (const key of keys) {
      const fault = await this.faultOf(key);
      if (fault) found.set(key, fault);
    }
    return found;
  }

  private faultOf(key: AccountKey): Promise<Fault | null> {
    if (key.kind === 'account') return this.nameFault(key);
    return key.kind === 'claim' ? this.claimFault(key) : this.sessionFault(key);
  }

  private async nameFault({ userId, username }: AccountKey & { kind: 'account' }): Promise<Fault | null> {
    const name = usernameClaim(username);
    const holder = await this.claims.holder(name);
    if (holder === userId || !(await this.hasAccount(userId))) return null;
    if (holder === undefined) {
      return {
        sentence: `account ${userId} has name ${username}, which is not claimed for it`,
        mend: () => this.claim(name, userId),
      };
    }
    const sentence =
      `account ${userId} has name ${username}, which is ${holder}'s: its person can't log in; ` +
      'restore the server of that name to a later moment, or have them sign up by another name';
    return { sentence, mend: null };
  }

  private async claimFault({ name, userId }: AccountKey & { kind: 'claim' }): Promise<Fault | null> {
    if ((await this.claims.holder(name)) !== userId || (await this.hasAccount(userId))) return null;
    const sentence = `${name} is claimed for ${userId}, who has no account`;
    // Whoever signed up next would administer the cluster.
    if (name === firstUser) return null;
    return { sentence: `${sentence}: nobody can have it`, mend: () => this.letLapse(name, userId) };
  }

  private async sessionFault({ userId, id, tokenHash }: AccountKey & { kind: 'session' }): Promise<Fault | null> {
    const [token] = await this.database.at(
      tokenHash,
      (sql, shard) => sql`SELECT 1 FROM session_tokens WHERE shard = served(${shard}) AND token_hash = ${tokenHash}`,
    );
    if (token) return null;
    const [session] = await this.database.at(
      userId,
      (sql, shard) => sql`SELECT 1 FROM sessions WHERE shard = served(${shard}) AND user_id = ${userId} AND id = ${id}`,
    );
    if (!session) return null;
    return {
      sentence: `session ${id} of ${userId} has no token: whoever has it can't use it`,
      mend: () =>
        this.database.at(
          tokenHash,
          (sql, shard) => sql`
            INSERT INTO session_tokens (shard, token_hash, user_id, session_id)
            VALUES (writable(${shard}), ${tokenHash}, ${userId}, ${id}) ON CONFLICT DO NOTHING`,
        ),
    };
  }

  private async hasAccount(userId: string): Promise<boolean> {
    const rows = await this.database.at(
      userId,
      (sql, shard) => sql`SELECT 1 FROM users WHERE shard = served(${shard}) AND id = ${userId}`,
    );
    return rows.length > 0;
  }

  private async claim(name: string, userId: string): Promise<void> {
    if (await this.claims.take(name, userId)) await this.claims.confirm(name, userId);
  }

  /** Pending and long ago: it falls free when somebody wants it, or becomes the account's if that comes back. */
  private async letLapse(name: string, userId: string): Promise<void> {
    await this.database.at(
      name,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        UPDATE claims c SET confirmed = false, claimed_at = now() - interval '1 hour' FROM permitted
        WHERE c.shard = permitted.shard AND c.name = ${name} AND c.user_id = ${userId}`,
    );
  }

  private async *pages(
    shard: number,
    table: string,
    column: string,
    keyOf: (row: Record<string, unknown>) => AccountKey,
  ): AsyncGenerator<AccountKey[]> {
    for (let after = ''; ; ) {
      // All rows of one id come together: a user has few sessions.
      const rows: Record<string, unknown>[] = await this.database.inShard(
        shard,
        (sql) => sql`
          SELECT * FROM ${sql(table)} WHERE shard = served(${shard}) AND ${sql(column)} > ${after}
          ORDER BY ${sql(column)} FETCH FIRST ${pageSize} ROWS WITH TIES`,
      );
      yield rows.map(keyOf);
      if (rows.length < pageSize) return;
      after = String(rows.at(-1)?.[column]);
    }
  }
}
