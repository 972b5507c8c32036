import type { Totals } from '../../users/totals-port.ts';
import type { ShardedDatabase } from './sharded-database.ts';

interface TotalsRow {
  users: number;
  conversations: number;
  messages: number;
  database_bytes: number;
}

export class PostgresTotals implements Totals {
  constructor(private readonly database: ShardedDatabase) {}

  async read(): Promise<{ users: number; conversations: number; messages: number; databaseBytes: number }> {
    const parts = await this.database.everywhere(
      (sql) => sql<TotalsRow[]>`
        WITH here AS (SELECT shard FROM served_shards)
        SELECT (SELECT count(*) FROM users JOIN here USING (shard)) AS users,
          (SELECT count(*) FROM conversations JOIN here USING (shard) WHERE NOT closed) AS conversations,
          (SELECT coalesce(sum(message_count), 0)::bigint FROM conversations JOIN here USING (shard)) AS messages,
          pg_database_size(current_database()) AS database_bytes`,
    );
    const sum = (column: keyof TotalsRow) => parts.flat().reduce((total, row) => total + row[column], 0);
    return {
      users: sum('users'),
      conversations: sum('conversations'),
      messages: sum('messages'),
      databaseBytes: sum('database_bytes'),
    };
  }
}
