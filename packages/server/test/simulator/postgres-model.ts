import type { Database } from 'bun:sqlite';
import { openSqliteStores } from '../../src/adapters/sqlite/stores.ts';
import type { Facts, HistoryStore, LogReach } from '../../src/history/history-port.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { placeEmptyDatabase } from './database-file.ts';

interface PositionRow {
  partition: number;
  log_id: string;
  decided_to: number;
}

type Ports = Pick<Parameters<typeof openSqliteStores>[1], 'nextTurn' | 'reportFailure'> & { clock: Clock };

/**
 * A model of PostgreSQL: SQLite, with what differs in a cluster. The decided positions of the log are stored with the
 * decisions, and the index by user is written by `indexParticipants` alone. What was committed is never lost. Unlike
 * PostgreSQL's adapter, the model decides within the transaction that writes.
 */
export class PostgresModel {
  readonly history: HistoryStore;
  private readonly statements: ReturnType<typeof prepare>;

  /** `folder` is new. Nothing in it outlives the simulation, so nothing is synced to disk. */
  static open(folder: string, ports: Ports): PostgresModel {
    return new PostgresModel(openSqliteStores(placeEmptyDatabase(folder), { ...ports, disk: null, checkpoints: null }));
  }

  private constructor(readonly stores: ReturnType<typeof openSqliteStores>) {
    const { history, writes } = stores;
    this.statements = prepare(writes.database);
    const { keepIndex, putPosition, writeIndex } = this.statements;
    const apply: HistoryStore['apply'] = (needed, decide) => {
      const applied = history.apply(needed, (facts) => {
        keepIndex.run();
        const decision = decide({ ...facts, decided: this.decided(needed.reaches) });
        for (const { partition, logId, to } of decision.changes.reaches) putPosition.run(partition, logId, to);
        return decision;
      });
      // The next write of the same transaction.
      const ended = writes.run(() => writeIndex.run());
      return Promise.all([applied, ended]).then(([result]) => result);
    };
    this.history = Object.assign(Object.create(history) as HistoryStore, { apply });
  }

  /** The position up to which the commands of the partition are decided. */
  decidedTo(partition: number): number {
    return this.statements.position.get(partition)?.decided_to ?? 0;
  }

  close(): void {
    this.stores.writes.database.close();
  }

  private decided(reaches: readonly LogReach[]): Facts['decided'] {
    const rows = reaches.flatMap(({ partition }) => this.statements.position.get(partition) ?? []);
    return new Map(rows.map((row) => [row.partition, { logId: row.log_id, to: row.decided_to }]));
  }
}

/** Whether the index is written is a row, so that it is rolled back with the transaction. */
const schema = `
  CREATE TABLE positions (partition INTEGER PRIMARY KEY, log_id TEXT, decided_to INTEGER);
  CREATE TABLE index_by_user (is_written INTEGER);
  INSERT INTO index_by_user VALUES (1);
  CREATE TRIGGER keep_inserted BEFORE INSERT ON memberships WHEN NOT (SELECT is_written FROM index_by_user)
    BEGIN SELECT RAISE(IGNORE); END;
  CREATE TRIGGER keep_updated BEFORE UPDATE ON memberships WHEN NOT (SELECT is_written FROM index_by_user)
    BEGIN SELECT RAISE(IGNORE); END;
`;

function prepare(database: Database) {
  database.run(schema);
  return {
    position: database.query<PositionRow, [number]>('SELECT * FROM positions WHERE partition = ?'),
    putPosition: database.query<null, [number, string, number]>('INSERT OR REPLACE INTO positions VALUES (?, ?, ?)'),
    keepIndex: database.query('UPDATE index_by_user SET is_written = 0'),
    writeIndex: database.query('UPDATE index_by_user SET is_written = 1'),
  };
}
