import { Unavailable } from '../../platform/failures.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/**
 * Checks that the servers can be written. The first check is of all servers, each later one of the next server in turn,
 * and of those that failed: every process checks once a second, so a check of all would cost each server a write a
 * second for every process of the cluster.
 */
export class WriteProbe {
  private checks = 0;
  private readonly failures = new Map<number, unknown>();

  constructor(private readonly database: Pick<ShardedDatabase, 'serverCount' | 'onServer'>) {}

  /** Rejects while a server could not be written when it was checked last. */
  async check(): Promise<void> {
    const { serverCount } = this.database;
    const all = Array.from({ length: serverCount }, (_, index) => index);
    const due = this.checks === 0 ? all : [this.checks % serverCount, ...this.failures.keys()];
    this.checks++;
    await Promise.all([...new Set(due)].map((index) => this.probe(index)));
    const [failure] = this.failures.values();
    if (failure !== undefined) throw failure;
  }

  /** Writes a record that nobody reads to the log of the server. */
  private async probe(index: number): Promise<void> {
    try {
      const [answer] = await this.database.onServer(
        index,
        (sql) => sql<{ read_only: boolean }[]>`
          SELECT current_setting('transaction_read_only')::boolean AS read_only,
            pg_logical_emit_message(true, 'parley', '') AS written`,
      );
      if (answer?.read_only) throw new Unavailable('a PostgreSQL server is read-only');
      this.failures.delete(index);
    } catch (error) {
      this.failures.set(index, error);
    }
  }
}
