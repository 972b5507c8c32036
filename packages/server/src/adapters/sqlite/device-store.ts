import type { Database } from 'bun:sqlite';
import type { UserId } from '@parley/protocol';
import type { KnownDevice } from '../../users/users-port.ts';
import { deviceSecretsTable } from '../rows/account-tables.ts';
import type { GroupCommit } from './group-commit.ts';
import { insertInto } from './statements.ts';

/** Known devices in SQLite; a part of the user store. */
export class SqliteDevices {
  private readonly deviceStatements: ReturnType<typeof prepare>;

  constructor(protected readonly writes: GroupCommit) {
    this.deviceStatements = prepare(writes.database);
  }

  knownDevice(userId: UserId, secretHashes: readonly string[]): Promise<string | undefined> {
    return this.writes.read(() => this.deviceStatements.known.get(userId, JSON.stringify(secretHashes))?.secret_hash);
  }

  keepDevice(device: KnownDevice, keepMax: number): Promise<void> {
    return this.writes.run(() => {
      const { userId, secretHash } = device;
      this.deviceStatements.keep.run(...deviceSecretsTable.parameters(device));
      this.deviceStatements.trim.run({ userId, secretHash, othersMax: keepMax - 1 });
    });
  }

  forgetDevice(userId: UserId, secretHash: string): Promise<void> {
    return this.writes.run(() => {
      this.deviceStatements.forget.run(userId, secretHash);
    });
  }

  forgetDevices(userId: UserId, keep: readonly string[]): Promise<void> {
    return this.writes.run(() => {
      this.deviceStatements.forgetOthers.run(userId, JSON.stringify(keep));
    });
  }
}

function prepare(database: Database) {
  return {
    known: database.query<{ secret_hash: string }, [string, string]>(
      `SELECT secret_hash FROM device_secrets
       WHERE user_id = ? AND secret_hash IN (SELECT value FROM json_each(?)) LIMIT 1`,
    ),
    keep: database.query(
      `${insertInto(deviceSecretsTable)}
       ON CONFLICT (user_id, secret_hash) DO UPDATE SET used_at_ms = excluded.used_at_ms`,
    ),
    trim: database.query<unknown, [{ userId: string; secretHash: string; othersMax: number }]>(
      `DELETE FROM device_secrets WHERE user_id = $userId AND secret_hash IN (
         SELECT secret_hash FROM device_secrets WHERE user_id = $userId AND secret_hash <> $secretHash
         ORDER BY used_at_ms DESC LIMIT -1 OFFSET $othersMax)`,
    ),
    forget: database.query('DELETE FROM device_secrets WHERE user_id = ? AND secret_hash = ?'),
    forgetOthers: database.query(
      'DELETE FROM device_secrets WHERE user_id = ? AND secret_hash NOT IN (SELECT value FROM json_each(?))',
    ),
  };
}
