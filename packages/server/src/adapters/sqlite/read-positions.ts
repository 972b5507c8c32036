import type { Database } from 'bun:sqlite';
import type { ConversationId, UserId } from '@parley/protocol';
import type { ReadPosition } from '../../conversations/conversations-port.ts';
import { participantKey } from '../../history/history-port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { GroupCommit } from './group-commit.ts';

const flushAfterMs = 500;

interface Pending extends ReadPosition {
  userId: UserId;
  conversationId: ConversationId;
}

/** Read positions move often and may be lost for a second: the last of each is written, many in one transaction. */
export class SqliteReadPositions {
  private pending = new Map<string, Pending>();
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
    this.pending.set(participantKey(conversationId, userId), { userId, conversationId, ...to });
    this.flushSoon();
    return to;
  }

  get(userId: UserId, conversationId: ConversationId): ReadPosition | undefined {
    const pending = this.pending.get(participantKey(conversationId, userId));
    if (pending) return { seq: pending.seq, messageCount: pending.messageCount };
    const row = this.statements.get.get(userId, conversationId);
    return row ? { seq: row.seq, messageCount: row.message_count } : undefined;
  }

  /** Writes what is pending. What is read meanwhile is as before; what could not be written stays pending. */
  async flush(): Promise<void> {
    this.cancelFlush?.();
    this.cancelFlush = null;
    const rows = [...this.pending.values()];
    if (rows.length === 0) return;
    await this.writes.run(() => {
      for (const row of rows) this.statements.put.run(row.userId, row.conversationId, row.seq, row.messageCount);
    });
    for (const row of rows) {
      const key = participantKey(row.conversationId, row.userId);
      if (this.pending.get(key) === row) this.pending.delete(key);
    }
  }

  private flushSoon(): void {
    this.cancelFlush ??= this.clock.after(flushAfterMs, () => {
      this.flush().catch((error: unknown) => {
        this.reportFailure(error);
        this.flushSoon();
      });
    });
  }
}

function prepare(database: Database) {
  return {
    get: database.query<{ seq: number; message_count: number }, [string, string]>(
      'SELECT seq, message_count FROM read_positions WHERE user_id = ? AND conversation_id = ?',
    ),
    put: database.query(
      `INSERT INTO read_positions VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET seq = excluded.seq, message_count = excluded.message_count
       WHERE excluded.seq > seq`,
    ),
  };
}
