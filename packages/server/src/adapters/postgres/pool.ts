import postgres from 'postgres';
import { systemClock } from '../../platform/clock.ts';
import { Unavailable, Unusable } from '../../platform/failures.ts';
import { backOffMs, Late, within } from '../../platform/waiting.ts';
import { failureOf } from './failures.ts';

/** Returns bigint as number: every bigint here is a count, a position or a time, far below 2^53. */
type Types = { bigint: number };

/** Runs statements. */
export type Sql = postgres.Sql<Types>;

/** PostgreSQL's type number of `json`, which is kept as text and read once; `sql.json` would make it `jsonb`. */
const jsonType = 114;

/** Rows as one parameter of type `json`. */
export function json(sql: Sql, rows: readonly object[]): postgres.Parameter<readonly object[]> {
  return sql.typed(rows, jsonType);
}

/** One PostgreSQL server as Parley uses it. */
export interface PostgresServer {
  /** Names it in messages and in the cluster's commands. */
  name: string;
  /** `postgres://user:password@host:port/database?sslmode=verify-full`. */
  url: string;
  /** The schema that holds Parley's tables. */
  schema: string;
}

export interface PoolBounds {
  maxConnections: number;
  /** The server cancels a statement after this time, including its wait for locks. */
  statementTimeoutMs: number;
  /** Without a response after this time, the connections are discarded. */
  answerTimeoutMs: number;
  connectTimeoutMs: number;
  /** Whether connections are kept regardless of age. Otherwise each is replaced after half an hour to an hour. */
  keepsConnections: boolean;
}

export const defaultPoolBounds: PoolBounds = {
  maxConnections: 10,
  statementTimeoutMs: 10_000,
  answerTimeoutMs: 12_000,
  connectTimeoutMs: 3_000,
  keepsConnections: false,
};

/** The pause between attempts to connect. */
const reconnecting = { firstMs: 250, mostMs: 5_000 };
/** Connections for writes that a crash of the database may lose, because they do not wait for its disk. */
const relaxedConnections = 2;

/**
 * A bounded number of connections to one server. Statements that cannot be run now reject with {@link Unavailable}.
 *
 * Every call is one statement and so its own transaction: a postgres.js connection that is lost inside `begin` can
 * send statements of a dead transaction in another one (porsager/postgres #1208, #1215).
 */
export class Pool {
  readonly name: string;
  readonly schema: string;
  private durable: Sql;
  private relaxed: Sql;

  constructor(
    private readonly server: PostgresServer,
    private readonly bounds: PoolBounds = defaultPoolBounds,
  ) {
    this.name = server.name;
    this.schema = server.schema;
    // The name is part of a search path, which takes no parameters.
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(server.schema)) {
      throw new Unusable(`${server.schema} is not a schema name: use only lower-case letters, digits and _`);
    }
    this.durable = this.connect('on');
    this.relaxed = this.connect('off');
  }

  /** Other connections to the same server. */
  withBounds(bounds: PoolBounds): Pool {
    return new Pool(this.server, bounds);
  }

  /** Runs one statement. Its writes are on disk when this resolves (contract 1). */
  run<Result>(statement: (sql: Sql) => PromiseLike<Result>): Promise<Result> {
    return this.answered(() => this.durable, statement);
  }

  /** Runs one statement. Every later read includes its writes, but a crash within the next second may lose them. */
  runRelaxed<Result>(statement: (sql: Sql) => PromiseLike<Result>): Promise<Result> {
    return this.answered(() => this.relaxed, statement);
  }

  /** Closes the connections after the current statements, at the latest after the statement timeout. */
  async close(): Promise<void> {
    const timeout = this.bounds.statementTimeoutMs / 1_000;
    await Promise.all([this.durable.end({ timeout }), this.relaxed.end({ timeout })]);
  }

  private async answered<Result>(current: () => Sql, statement: (sql: Sql) => PromiseLike<Result>): Promise<Result> {
    const sql = current();
    const { answerTimeoutMs } = this.bounds;
    try {
      return await within(systemClock, answerTimeoutMs, statement(sql));
    } catch (error) {
      if (!(error instanceof Late)) throw failureOf(error, this.name);
      if (sql === current()) this.renew();
      throw new Unavailable(`PostgreSQL server ${this.name} did not answer within ${answerTimeoutMs} ms`, {
        cause: error,
      });
    }
  }

  /** Otherwise connections to a server that stopped responding would stay in use until TCP gives up. */
  private renew(): void {
    const old = [this.durable, this.relaxed];
    this.durable = this.connect('on');
    this.relaxed = this.connect('off');
    for (const sql of old) void sql.end({ timeout: 0 });
  }

  private connect(synchronousCommit: 'on' | 'off'): Sql {
    const { maxConnections, statementTimeoutMs, connectTimeoutMs, keepsConnections } = this.bounds;
    return postgres(this.server.url, {
      max: synchronousCommit === 'on' ? maxConnections : relaxedConnections,
      connect_timeout: connectTimeoutMs / 1_000,
      ...(keepsConnections && { max_lifetime: null }),
      backoff: (attempt: number) => backOffMs(attempt, reconnecting) / 1_000,
      types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
      connection: {
        application_name: 'parley',
        search_path: this.server.schema,
        statement_timeout: statementTimeoutMs,
        synchronous_commit: synchronousCommit,
      },
      onnotice: () => undefined,
    });
  }
}
