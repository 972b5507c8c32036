import type { UserId } from '@parley/protocol';
import type { KnownDevice } from '../../users/users-port.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/** Known devices in PostgreSQL; a part of the user store. */
export class PostgresDevices {
  constructor(protected readonly database: ShardedDatabase) {}

  async knownDevice(userId: UserId, secretHashes: readonly string[]): Promise<string | undefined> {
    const [row] = await this.database.at(
      userId,
      (sql, shard) => sql<{ secret_hash: string }[]>`
        SELECT secret_hash FROM device_secrets
        WHERE shard = served(${shard}) AND user_id = ${userId} AND secret_hash = ANY(${[...secretHashes]}::text[])
        LIMIT 1`,
    );
    return row?.secret_hash;
  }

  async keepDevice({ userId, secretHash, usedAtMs }: KnownDevice, keepMax: number): Promise<void> {
    await this.database.at(
      userId,
      // The deletion does not see the inserted row.
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard),
        kept AS (
          INSERT INTO device_secrets (shard, user_id, secret_hash, used_at_ms)
          SELECT shard, ${userId}, ${secretHash}, ${usedAtMs} FROM permitted
          ON CONFLICT (shard, user_id, secret_hash) DO UPDATE SET used_at_ms = excluded.used_at_ms
        )
        DELETE FROM device_secrets d USING permitted
        WHERE d.shard = permitted.shard AND d.user_id = ${userId} AND d.secret_hash IN (
          SELECT secret_hash FROM device_secrets o
          WHERE o.shard = ${shard} AND o.user_id = ${userId} AND o.secret_hash <> ${secretHash}
          ORDER BY used_at_ms DESC OFFSET ${keepMax - 1})`,
    );
  }

  async forgetDevice(userId: UserId, secretHash: string): Promise<void> {
    await this.database.at(
      userId,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        DELETE FROM device_secrets d USING permitted
        WHERE d.shard = permitted.shard AND d.user_id = ${userId} AND d.secret_hash = ${secretHash}`,
    );
  }

  async forgetDevices(userId: UserId, keep: readonly string[]): Promise<void> {
    await this.database.at(
      userId,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        DELETE FROM device_secrets d USING permitted
        WHERE d.shard = permitted.shard AND d.user_id = ${userId} AND d.secret_hash <> ALL(${[...keep]}::text[])`,
    );
  }
}
