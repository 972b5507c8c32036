import type { Database } from 'bun:sqlite';
import type { ConversationId, UserId } from '@parley/protocol';
import type { ChangedReadPosition, ReadPosition } from '../../conversations/conversations-port.ts';
import type { Clock } from '../../platform/clock.ts';
import { pause } from '../../platform/waiting.ts';
import { readPositionsTable } from '../rows/conversation-tables.ts';
import type { GroupCommit } from './group-commit.ts';
import { insertInto } from './statements.ts';

const flushAfterMs = 500;
const flushWaitMs = 250;

interface PositionRow {
  seq: number;
  message_count: number;
}

/**
 * Read positions change often and the last second may be lost: only the last change of each is written, many in one
 * transaction. A revision is written with its position, so no client gets a revision that a crash could lose.
 */
export class SqliteReadPositions {
  private readonly pending = new Map<UserId, Map<ConversationId, ReadPosition>>();
  private cancelFlush: (() => void) | null = null;
  private readonly statements: ReturnType<typeof prepare>;

  constructor(
    private readonly writes: GroupCommit,
    private readonly clock: Clock,
    private readonly reportFailure: (error: unknown) => void,
  ) {
    this.statements = prepare(writes.database);
  }

  /** Moves forward, never back; answers with where it is then. */
  advance(userId: UserId, conversationId: ConversationId, to: ReadPosition): ReadPosition {
    const now = this.get(userId, conversationId);
    if (now && now.seq >= to.seq) return now;
    const { seq, messageCount } = to;
    const pending = this.pending.get(userId) ?? new Map<ConversationId, ReadPosition>();
    this.pending.set(userId, pending.set(conversationId, { seq, messageCount }));
    this.flushSoon();
    return to;
  }

  get(userId: UserId, conversationId: ConversationId): ReadPosition | undefined {
    const pending = this.pending.get(userId)?.get(conversationId);
    if (pending) return pending;
    const row = this.statements.get.get(userId, conversationId);
    return row ? { seq: row.seq, messageCount: row.message_count } : undefined;
  }

  async revision(userId: UserId): Promise<number> {
    await this.writePending(userId);
    return this.writes.read(() => this.writtenRevision(userId));
  }

  async changedAfter(userId: UserId, page: { revision: number; limit: number }): Promise<ChangedReadPosition[]> {
    await this.writePending(userId);
    return this.writes.read(() =>
      this.statements.changedAfter.all(userId, page.revision, page.limit).map((row) => ({
        conversationId: row.conversation_id,
        ...{ seq: row.seq, messageCount: row.message_count, revision: row.revision },
      })),
    );
  }

  /**
   * Writes the pending positions. Reads meanwhile return the previous ones; positions that could not be written stay
   * pending.
   */
  async flush(): Promise<void> {
    this.cancelFlush?.();
    this.cancelFlush = null;
    const written = Array.from(this.pending, ([userId, positions]) => ({ userId, positions: [...positions] }));
    if (written.length === 0) return;
    await this.writes.run(() => {
      for (const { userId, positions } of written) this.write(userId, positions);
    });
    for (const { userId, positions } of written) {
      const pending = this.pending.get(userId);
      for (const [conversationId, position] of positions) {
        if (pending?.get(conversationId) === position) pending.delete(conversationId);
      }
      if (pending?.size === 0) this.pending.delete(userId);
    }
  }

  /** At least the time, so that a store that was restored to an earlier moment does not assign a revision twice. */
  private write(userId: UserId, positions: readonly (readonly [ConversationId, ReadPosition])[]): void {
    let revision = Math.max(this.clock.nowMs(), this.writtenRevision(userId) + 1);
    for (const [conversationId, position] of positions) {
      const row = { userId, conversationId, ...position, revision: revision++ };
      this.statements.put.run(...readPositionsTable.parameters(row));
    }
  }

  private writtenRevision(userId: UserId): number {
    return this.statements.revision.get(userId)?.revision ?? 0;
  }

  /** While nothing can be written, callers get the positions on disk; the next change brings the others. */
  private async writePending(userId: UserId): Promise<void> {
    if (!this.pending.has(userId)) return;
    // Another program may hold the write lock for seconds; connecting must not wait for that.
    await Promise.race([this.tryFlush(), pause(this.clock, flushWaitMs)]);
  }

  private flushSoon(): void {
    this.cancelFlush ??= this.clock.after(flushAfterMs, () => void this.tryFlush());
  }

  private async tryFlush(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      this.reportFailure(error);
      this.flushSoon();
    }
  }
}

function prepare(database: Database) {
  return {
    get: database.query<PositionRow, [string, string]>(
      'SELECT seq, message_count FROM read_positions WHERE user_id = ? AND conversation_id = ?',
    ),
    revision: database.query<{ revision: number }, [string]>(
      'SELECT revision FROM read_positions WHERE user_id = ? ORDER BY revision DESC LIMIT 1',
    ),
    changedAfter: database.query<
      PositionRow & { conversation_id: ConversationId; revision: number },
      [string, number, number]
    >(
      `SELECT conversation_id, seq, message_count, revision FROM read_positions WHERE user_id = ? AND revision > ?
       ORDER BY revision LIMIT ?`,
    ),
    put: database.query(
      `${insertInto(readPositionsTable)}
       ON CONFLICT DO UPDATE SET
         seq = excluded.seq, message_count = excluded.message_count, revision = excluded.revision
       WHERE excluded.seq > seq`,
    ),
  };
}
