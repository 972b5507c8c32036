import type { UserId } from '@parley/protocol';
import { systemClock } from '../../platform/clock.ts';
import { Unavailable } from '../../platform/failures.ts';
import { systemIds } from '../../platform/ids.ts';
import { pause } from '../../platform/waiting.ts';
import type { ShardedDatabase } from './sharded-database.ts';

const holdingAttempts = 100;
const holdingRetryMs = 50;

interface ClaimRow {
  user_id: UserId;
  confirmed: boolean;
  lapsed: boolean;
}

/**
 * Names that at most one user may have, each in the shard of its hash, where its primary key makes it unique (race 9).
 * A name is claimed before the account is written in another shard, and confirmed afterwards. A pending claim that a
 * crash left behind lapses after a minute, unless its account exists: then it is confirmed.
 */
export class Claims {
  constructor(
    private readonly database: ShardedDatabase,
    private readonly accountExists: (userId: UserId) => Promise<boolean>,
  ) {}

  /** Returns true when the name is now claimed for this user. */
  async take(name: string, userId: UserId): Promise<boolean> {
    for (;;) {
      const held = await this.insertOrFind(name, userId);
      if (held.user_id === userId) return true;
      if (held.confirmed || !held.lapsed) return false;
      if (await this.accountExists(held.user_id)) {
        await this.confirm(name, held.user_id);
        return false;
      }
      await this.release(name, held.user_id);
    }
  }

  /** Returns false when another user has taken over the claim. */
  async confirm(name: string, userId: UserId): Promise<boolean> {
    const rows = await this.database.at(
      name,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        UPDATE claims c SET confirmed = true FROM permitted
        WHERE c.shard = permitted.shard AND c.name = ${name} AND c.user_id = ${userId} RETURNING 1`,
    );
    return rows.length > 0;
  }

  /** Releases a pending claim. */
  async release(name: string, userId: UserId): Promise<void> {
    await this.database.at(
      name,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        DELETE FROM claims c USING permitted
        WHERE c.shard = permitted.shard AND c.name = ${name} AND c.user_id = ${userId} AND NOT c.confirmed`,
    );
  }

  /**
   * Runs `work` while holding a claim on the name, and releases it afterwards. `work` must finish within the minute
   * that a claim stays pending. Throws {@link Unavailable} when others hold the claim for too long.
   */
  async holding<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const holder = systemIds.uuid();
    for (let attempt = 1; !(await this.take(name, holder)); attempt++) {
      if (attempt === holdingAttempts) throw new Unavailable(`${name} are being changed by other requests: try again`);
      await pause(systemClock, holdingRetryMs);
    }
    try {
      return await work();
    } finally {
      await this.release(name, holder);
    }
  }

  /** The user who owns the name; a pending claim does not count. */
  async holder(name: string): Promise<UserId | undefined> {
    const [row] = await this.database.at(
      name,
      (sql, shard) => sql<{ user_id: UserId }[]>`
        SELECT user_id FROM claims WHERE shard = served(${shard}) AND name = ${name} AND confirmed`,
    );
    return row?.user_id;
  }

  private async insertOrFind(name: string, userId: UserId): Promise<ClaimRow> {
    const [row] = await this.database.at(
      name,
      // An existing row is updated without a change, because only then does the statement see a row that was inserted
      // meanwhile.
      (sql, shard) => sql<ClaimRow[]>`
        INSERT INTO claims AS c (shard, name, user_id, confirmed, claimed_at)
        VALUES (writable(${shard}), ${name}, ${userId}, false, now())
        ON CONFLICT (shard, name) DO UPDATE SET user_id = c.user_id
        RETURNING user_id, confirmed, claimed_at < now() - interval '1 minute' AS lapsed`,
    );
    if (!row) throw new Error(`a claim of ${name} returned no row`);
    return row;
  }
}
