import type { Database } from 'bun:sqlite';
import type { UserId } from '@parley/protocol';

/** The numbers that are kept in memory. */
const keptMax = 100_000;

/** The numbers that stand for the ids of users who wrote entries. */
export class UserNumbers {
  private kept = new Map<UserId, number>();
  private rollbacks = 0;
  private readonly statements;

  constructor(private readonly writes: { database: Database; readonly rollbacks: number }) {
    this.statements = {
      find: writes.database.query<{ number: number }, [string]>('SELECT number FROM user_numbers WHERE id = ?'),
      add: writes.database.query<{ number: number }, [string]>(
        'INSERT INTO user_numbers (id) VALUES (?) RETURNING number',
      ),
    };
  }

  /** Gives the user a number if they have none. Call this within a transaction. */
  numberOf(userId: UserId): number {
    // A rollback takes new numbers back.
    if (this.rollbacks !== this.writes.rollbacks || this.kept.size >= keptMax) this.kept = new Map();
    this.rollbacks = this.writes.rollbacks;
    const kept = this.kept.get(userId);
    if (kept !== undefined) return kept;
    const row = this.statements.find.get(userId) ?? this.statements.add.get(userId);
    if (!row) throw new Error(`user ${userId} got no number`);
    this.kept.set(userId, row.number);
    return row.number;
  }
}
