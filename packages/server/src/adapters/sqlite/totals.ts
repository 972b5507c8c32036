import type { Database } from 'bun:sqlite';
import type { Totals } from '../../users/totals-port.ts';

export class SqliteTotals implements Totals {
  constructor(
    private readonly database: Database,
    private readonly sizeBytes: () => number,
  ) {}

  async read(): Promise<{ users: number; conversations: number; messages: number; databaseBytes: number }> {
    const counts = this.database
      .query<{ users: number; conversations: number; messages: number }, []>(
        `SELECT (SELECT count(*) FROM users) AS users,
           (SELECT count(*) FROM conversations WHERE closed = 0) AS conversations,
           (SELECT coalesce(sum(message_count), 0) FROM conversations) AS messages`,
      )
      .get();
    if (!counts) throw new Error('a query of counts gave no row');
    return { ...counts, databaseBytes: this.sizeBytes() };
  }
}
