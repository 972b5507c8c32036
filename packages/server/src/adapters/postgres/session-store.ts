import type { SessionId, UserId } from '@parley/protocol';
import type { SessionRecord, UserRecord } from '../../users/users-port.ts';
import { type SessionRow, sessionOf, sessionsTable, type UserRow, userOf } from '../rows/account-tables.ts';
import { PostgresDevices } from './device-store.ts';

/**
 * Sessions and invitations in PostgreSQL; a part of the user store. A session is in the shard of its user, its token in
 * the shard of the token: a token without its session is invalid.
 */
export class PostgresSessions extends PostgresDevices {
  async createSession(session: SessionRecord, tokenHash: string): Promise<void> {
    const { id, userId, device, createdAtMs, lastUsedAtMs } = session;
    // In this order: a session without its token would be listed, but nobody could use it.
    await this.database.at(
      tokenHash,
      (sql, shard) => sql`
        INSERT INTO session_tokens (shard, token_hash, user_id, session_id)
        VALUES (writable(${shard}), ${tokenHash}, ${userId}, ${id})`,
    );
    await this.database.at(
      userId,
      (sql, shard) => sql`
        INSERT INTO sessions (shard, user_id, id, token_hash, device, created_at_ms, last_used_at_ms)
        VALUES (writable(${shard}), ${userId}, ${id}, ${tokenHash}, ${device}, ${createdAtMs}, ${lastUsedAtMs})`,
    );
  }

  async sessionByToken(tokenHash: string): Promise<{ session: SessionRecord; user: UserRecord } | undefined> {
    const [token] = await this.database.at(
      tokenHash,
      (sql, shard) => sql<{ user_id: UserId; session_id: SessionId }[]>`
        SELECT user_id, session_id FROM session_tokens WHERE shard = served(${shard}) AND token_hash = ${tokenHash}`,
    );
    if (!token) return undefined;
    const [row] = await this.database.at(
      token.user_id,
      (sql, shard) => sql<{ session: SessionRow; user: UserRow }[]>`
        SELECT to_json(s) AS session, to_json(u) AS user
        FROM sessions s JOIN users u ON u.shard = s.shard AND u.id = s.user_id
        WHERE s.shard = served(${shard}) AND s.user_id = ${token.user_id} AND s.id = ${token.session_id}
          AND NOT u.disabled`,
    );
    return row && { session: sessionOf(row.session), user: userOf(row.user) };
  }

  async hasSession(userId: UserId, sessionId: SessionId): Promise<boolean> {
    const rows = await this.database.at(
      userId,
      (sql, shard) => sql`
        SELECT FROM sessions s JOIN users u ON u.shard = s.shard AND u.id = s.user_id
        WHERE s.shard = served(${shard}) AND s.user_id = ${userId} AND s.id = ${sessionId} AND NOT u.disabled`,
    );
    return rows.length > 0;
  }

  async sessionIds(userIds: readonly UserId[]): Promise<Set<SessionId>> {
    const parts = await this.database.atIds(
      userIds,
      (sql, wanted) => sql<{ id: SessionId }[]>`
        SELECT s.id
        FROM ${wanted} AS wanted (shard, ids)
        JOIN users u ON u.shard = wanted.shard AND u.id = ANY(wanted.ids) AND NOT u.disabled
        JOIN sessions s ON s.shard = u.shard AND s.user_id = u.id`,
    );
    return new Set(parts.flat().map(({ id }) => id));
  }

  async sessions(userId: UserId): Promise<SessionRecord[]> {
    const rows = await this.database.at(
      userId,
      (sql, shard) => sql<SessionRow[]>`
        SELECT ${sql.unsafe(sessionsTable.list())} FROM sessions
        WHERE shard = served(${shard}) AND user_id = ${userId}
        ORDER BY created_at_ms DESC, id COLLATE "C" DESC`,
    );
    return rows.map(sessionOf);
  }

  async touchSession(userId: UserId, sessionId: SessionId, atMs: number): Promise<void> {
    await this.database.atRelaxed(
      userId,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        UPDATE sessions s SET last_used_at_ms = ${atMs} FROM permitted
        WHERE s.shard = permitted.shard AND s.user_id = ${userId} AND s.id = ${sessionId}`,
    );
  }

  async revokeSession(userId: UserId, sessionId: SessionId): Promise<boolean> {
    const rows = await this.database.at(
      userId,
      (sql, shard) => sql<{ token_hash: string }[]>`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        DELETE FROM sessions s USING permitted
        WHERE s.shard = permitted.shard AND s.user_id = ${userId} AND s.id = ${sessionId} RETURNING token_hash`,
    );
    await this.forgetTokens(rows);
    return rows.length > 0;
  }

  async revokeSessions(userId: UserId, keepId: SessionId | null): Promise<SessionId[]> {
    const rows = await this.database.at(
      userId,
      (sql, shard) => sql<{ id: SessionId; token_hash: string }[]>`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        DELETE FROM sessions s USING permitted
        WHERE s.shard = permitted.shard AND s.user_id = ${userId} AND s.id IS DISTINCT FROM ${keepId}
        RETURNING id, token_hash`,
    );
    await this.forgetTokens(rows);
    return rows.map((row) => row.id);
  }

  async endOldestSessions(userId: UserId, keepId: SessionId, keepMax: number): Promise<SessionId[]> {
    const rows = await this.database.at(
      userId,
      (sql, shard) => sql<{ id: SessionId; token_hash: string }[]>`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        DELETE FROM sessions s USING permitted
        WHERE s.shard = permitted.shard AND s.user_id = ${userId} AND s.id IN (
          SELECT id FROM sessions o WHERE o.shard = ${shard} AND o.user_id = ${userId} AND o.id <> ${keepId}
          ORDER BY last_used_at_ms DESC OFFSET ${keepMax - 1})
        RETURNING id, token_hash`,
    );
    await this.forgetTokens(rows);
    return rows.map((row) => row.id);
  }

  async endUnusedSessions(step: { usedSinceMs: number; after: string | null; limit: number }): Promise<string | null> {
    const { usedSinceMs, after, limit } = step;
    const [first = '0', userId = '', id = ''] = after === null ? [] : after.split(' ');
    const shard = Number(first);
    const page = await this.database.inShard(
      shard,
      (sql) => sql<Pick<SessionRow, 'user_id' | 'id' | 'last_used_at_ms'>[]>`
        SELECT user_id, id, last_used_at_ms FROM sessions WHERE shard = served(${shard}) AND (user_id, id) > (${userId}, ${id})
        ORDER BY user_id, id LIMIT ${limit}`,
    );
    const last = page.at(-1);
    if (last && page.some((row) => row.last_used_at_ms < usedSinceMs)) {
      const ended = await this.database.inShard(
        shard,
        (sql) => sql<{ token_hash: string }[]>`
          WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
          DELETE FROM sessions s USING permitted
          WHERE s.shard = permitted.shard AND (s.user_id, s.id) > (${userId}, ${id})
            AND (s.user_id, s.id) <= (${last.user_id}, ${last.id}) AND s.last_used_at_ms < ${usedSinceMs}
          RETURNING token_hash`,
      );
      await this.forgetTokens(ended);
    }
    if (last && page.length === limit) return `${shard} ${last.user_id} ${last.id}`;
    return shard + 1 < this.database.shards ? `${shard + 1}` : null;
  }

  async createInvitation(invitation: {
    tokenHash: string;
    uses: number;
    expiresAtMs: number;
    createdBy: UserId | null;
  }): Promise<void> {
    const { tokenHash, uses, expiresAtMs, createdBy } = invitation;
    await this.database.at(
      tokenHash,
      (sql, shard) => sql`
        INSERT INTO invitations (shard, token_hash, uses_left, expires_at_ms, created_by)
        VALUES (writable(${shard}), ${tokenHash}, ${uses}, ${expiresAtMs}, ${createdBy})`,
    );
  }

  /** Whether the invitation can be used. */
  protected async isInvited({ tokenHash, atMs }: { tokenHash: string; atMs: number }): Promise<boolean> {
    const rows = await this.database.at(
      tokenHash,
      (sql, shard) => sql`
        SELECT 1 FROM invitations
        WHERE shard = served(${shard}) AND token_hash = ${tokenHash} AND uses_left > 0 AND expires_at_ms > ${atMs}`,
    );
    return rows.length > 0;
  }

  /** Uses the invitation once; returns false when no use is left. */
  protected async useInvitation({ tokenHash, atMs }: { tokenHash: string; atMs: number }): Promise<boolean> {
    const rows = await this.database.at(
      tokenHash,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        UPDATE invitations i SET uses_left = uses_left - 1 FROM permitted
        WHERE i.shard = permitted.shard AND i.token_hash = ${tokenHash} AND uses_left > 0 AND expires_at_ms > ${atMs}
        RETURNING 1`,
    );
    return rows.length > 0;
  }

  protected async giveBackInvitation(tokenHash: string): Promise<void> {
    await this.database.at(
      tokenHash,
      (sql, shard) => sql`
        WITH permitted AS MATERIALIZED (SELECT writable(${shard}) AS shard)
        UPDATE invitations i SET uses_left = uses_left + 1 FROM permitted
        WHERE i.shard = permitted.shard AND i.token_hash = ${tokenHash}`,
    );
  }

  private async forgetTokens(rows: readonly { token_hash: string }[]): Promise<void> {
    await this.database.atEach(
      rows.map((row) => row.token_hash),
      (tokenHash) => tokenHash,
      (sql, group) => {
        const shards = this.database.shardsOf(group);
        return sql`
          WITH permitted AS MATERIALIZED (SELECT all_writable(${shards}::smallint[]) AS shards)
          DELETE FROM session_tokens t USING permitted
          WHERE permitted.shards > 0 AND t.shard = ANY(${shards}::smallint[]) AND t.token_hash = ANY(${group}::text[])`;
      },
    );
  }
}
