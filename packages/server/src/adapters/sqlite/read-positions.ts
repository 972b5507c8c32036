import type { Database } from 'bun:sqlite';
import { type ConversationId, isLaterThan, type ReadPoint, type UserId } from '@parley/protocol';
import type { ChangedReadPosition, ReadPosition, ReadTarget } from '../../conversations/conversations-port.ts';
import { receiptOf } from '../../conversations/read-position.ts';
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
  version: number;
  receipt_seq: number;
}

/**
 * Read positions change often and the last second may be lost: only the last change of each is written, many in one
 * transaction. Marks as unread are rare, and are written at once. A revision is written with its position, so no client
 * gets a revision that a crash could lose.
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

  /** See `ConversationStore.advanceReadPosition`. */
  advance(
    userId: UserId,
    conversationId: ConversationId,
    { seq, messageCount, version }: ReadTarget & { version?: number | undefined },
  ): ReadPosition {
    const now = this.get(userId, conversationId);
    if (now && (now.seq >= seq || (version !== undefined && version < now.version))) return now;
    const next = { version: 0, receiptSeq: 0, ...now, seq, messageCount };
    this.put(userId, conversationId, next);
    this.flushSoon();
    return next;
  }

  /** See `ConversationStore.markUnread`. */
  async markUnread(
    userId: UserId,
    conversationId: ConversationId,
    from: ReadPoint,
    to: ReadTarget,
  ): Promise<ReadPosition> {
    const now = this.get(userId, conversationId);
    if (now && isLaterThan(now, from)) {
      // It may be this mark: an earlier request put it, and could not write it.
      await this.writeAtOnce(userId, conversationId);
      return now;
    }
    const { seq, messageCount } = to;
    const next = { seq, messageCount, version: (now?.version ?? 0) + 1, receiptSeq: receiptOf(now) };
    this.put(userId, conversationId, next);
    await this.writeAtOnce(userId, conversationId);
    return next;
  }

  get(userId: UserId, conversationId: ConversationId): ReadPosition | undefined {
    const pending = this.pending.get(userId)?.get(conversationId);
    if (pending) return pending;
    const row = this.statements.get.get(userId, conversationId);
    return row ? positionOf(row) : undefined;
  }

  async revision(userId: UserId): Promise<number> {
    await this.writePending(userId);
    return this.writes.read(() => this.writtenRevision(userId));
  }

  async changedAfter(userId: UserId, page: { revision: number; limit: number }): Promise<ChangedReadPosition[]> {
    await this.writePending(userId);
    return this.writes.read(() =>
      this.statements.changedAfter.all(userId, page.revision, page.limit).map((row) => ({
        ...positionOf(row),
        ...{ conversationId: row.conversation_id, revision: row.revision },
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

  private put(userId: UserId, conversationId: ConversationId, position: ReadPosition): void {
    const pending = this.pending.get(userId) ?? new Map<ConversationId, ReadPosition>();
    this.pending.set(userId, pending.set(conversationId, position));
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

  /** Resolves when the position is on disk; rejects when it cannot be written. */
  private async writeAtOnce(userId: UserId, conversationId: ConversationId): Promise<void> {
    if (!this.pending.get(userId)?.has(conversationId)) return;
    try {
      await this.flush();
    } catch (error) {
      this.flushSoon();
      throw error;
    }
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

function positionOf({ seq, message_count, version, receipt_seq }: PositionRow): ReadPosition {
  return { seq, messageCount: message_count, version, receiptSeq: receipt_seq };
}

function prepare(database: Database) {
  return {
    get: database.query<PositionRow, [string, string]>(
      'SELECT seq, message_count, version, receipt_seq FROM read_positions WHERE user_id = ? AND conversation_id = ?',
    ),
    revision: database.query<{ revision: number }, [string]>(
      'SELECT revision FROM read_positions WHERE user_id = ? ORDER BY revision DESC LIMIT 1',
    ),
    changedAfter: database.query<
      PositionRow & { conversation_id: ConversationId; revision: number },
      [string, number, number]
    >(
      `SELECT conversation_id, seq, message_count, version, receipt_seq, revision FROM read_positions
       WHERE user_id = ? AND revision > ? ORDER BY revision LIMIT ?`,
    ),
    put: database.query(
      `${insertInto(readPositionsTable)}
       ON CONFLICT DO UPDATE SET
         seq = excluded.seq, message_count = excluded.message_count, revision = excluded.revision,
         version = excluded.version, receipt_seq = excluded.receipt_seq
       WHERE (excluded.version, excluded.seq) > (version, seq)`,
    ),
  };
}
