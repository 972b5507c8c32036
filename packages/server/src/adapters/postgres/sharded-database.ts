import type postgres from 'postgres';
import { Unavailable, Unusable } from '../../platform/failures.ts';
import { shardOf } from '../../platform/shards.ts';
import { NotServed } from './failures.ts';
import { checkSchema } from './migrations.ts';
import { Pool, type PoolBounds, type PostgresServer, type Sql } from './pool.ts';

/** Pauses before locating a shard again; a move blocks its writes for about a second. */
const pausesMs = [20, 50, 100, 200, 400, 800, 1_600, 3_000];

/** Separates ids in a string; no id contains it. */
export const idSeparator = ' ';
/** Separates lists of ids in a string. */
const listSeparator = '\n';

/** Logical shards on any number of PostgreSQL servers: maps shards to servers, and follows a shard that moves. */
export class ShardedDatabase {
  private constructor(
    private readonly pools: readonly Pool[],
    /** The pool of each shard. */
    private poolByShard: Pool[],
  ) {}

  /**
   * @throws {Unusable} when a server's schema is missing, too old or too new, when servers disagree about the number
   *   of shards, or when a shard is on no server or on two.
   */
  static async open(servers: readonly PostgresServer[], bounds?: PoolBounds): Promise<ShardedDatabase> {
    const pools = servers.map((server) => new Pool(server, bounds));
    try {
      await Promise.all(pools.map((pool) => checkSchema(pool, { behind: 'is refused' })));
      const shards = await shardCount(pools);
      return new ShardedDatabase(pools, await poolsByShard(pools, shards));
    } catch (error) {
      await Promise.all(pools.map((pool) => pool.close()));
      throw error;
    }
  }

  /** The number of logical shards. */
  get shards(): number {
    return this.poolByShard.length;
  }

  shardOf(id: string): number {
    return shardOf(id, this.shards);
  }

  /** The shards of these ids, each once. */
  shardsOf(ids: readonly string[]): number[] {
    return [...new Set(ids.map((id) => this.shardOf(id)))];
  }

  /** The name of the server that has the shard, according to the current map. */
  serverOf(shard: number): string {
    return this.poolOf(shard).name;
  }

  /** Runs a statement at the server that has the shard of `id`. */
  at<Result>(id: string, statement: (sql: Sql, shard: number) => PromiseLike<Result>): Promise<Result> {
    return this.inShard(this.shardOf(id), statement);
  }

  /** Runs a statement at the server that has the shard. */
  inShard<Result>(shard: number, statement: (sql: Sql, shard: number) => PromiseLike<Result>): Promise<Result> {
    return this.following(() => this.poolOf(shard).run((sql) => statement(sql, shard)));
  }

  /** As {@link at}; a crash of that server within the next second may lose the writes. */
  atRelaxed<Result>(id: string, statement: (sql: Sql, shard: number) => PromiseLike<Result>): Promise<Result> {
    const shard = this.shardOf(id);
    return this.following(() => this.poolOf(shard).runRelaxed((sql) => statement(sql, shard)));
  }

  /** As {@link atEachShard}, of items that belong to ids. */
  atEach<Item, Result>(
    items: readonly Item[],
    idOf: (item: Item) => string,
    statement: (sql: Sql, items: Item[]) => PromiseLike<Result>,
  ): Promise<Result[]> {
    return this.atEachShard(items, (item) => this.shardOf(idOf(item)), statement);
  }

  /** Runs a statement at each server that has shards of these items, with its items, in parallel. */
  async atEachShard<Item, Result>(
    items: readonly Item[],
    shardOfItem: (item: Item) => number,
    statement: (sql: Sql, items: Item[]) => PromiseLike<Result>,
  ): Promise<Result[]> {
    const groups = Map.groupBy(items, (item) => this.poolOf(shardOfItem(item)));
    const results = await Promise.all(
      Array.from(groups, async ([pool, group]): Promise<Result[]> => {
        // On a retry, the group may be on several servers.
        let asked = false;
        return this.following(async () => {
          if (asked) return this.atEachShard(group, shardOfItem, statement);
          asked = true;
          return [await pool.run((sql) => statement(sql, group))];
        });
      }),
    );
    return results.flat();
  }

  /**
   * Runs a statement at each server that has shards of these ids, in parallel. `wanted` is a relation of (shard, ids)
   * with the ids of that server, an array for each shard, checked to be served there.
   */
  atIds<Result>(
    ids: readonly string[],
    statement: (sql: Sql, wanted: postgres.PendingQuery<postgres.Row[]>) => PromiseLike<Result>,
  ): Promise<Result[]> {
    const byShard = Array.from(Map.groupBy(ids, (id) => this.shardOf(id)));
    return this.atEachShard(
      byShard,
      ([shard]) => shard,
      (sql, group) => statement(sql, relationOf(sql, group)),
    );
  }

  /** Runs a statement at every server. The rows of a shard that is being moved may be missing. */
  everywhere<Result>(statement: (sql: Sql) => PromiseLike<Result>): Promise<Result[]> {
    return Promise.all(this.pools.map((pool) => pool.run(statement)));
  }

  get serverCount(): number {
    return this.pools.length;
  }

  /** Runs a statement on one server, by an index from 0 to {@link serverCount} - 1. */
  onServer<Result>(index: number, statement: (sql: Sql) => PromiseLike<Result>): Promise<Result> {
    const pool = this.pools[index];
    if (!pool) throw new Error(`there is no server ${index}`);
    return pool.run(statement);
  }

  async close(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.close()));
  }

  private poolOf(shard: number): Pool {
    const pool = this.poolByShard[shard];
    if (!pool) throw new Error(`there is no shard ${shard}, only ${this.shards}`);
    return pool;
  }

  /** Retries at the servers that the shards have moved to, until these serve them. */
  private async following<Result>(run: () => Promise<Result>): Promise<Result> {
    let notLocated: unknown;
    for (const pauseMs of pausesMs) {
      try {
        return await run();
      } catch (error) {
        if (!(error instanceof NotServed)) throw error;
        await Bun.sleep(pauseMs * (0.5 + Math.random()));
        notLocated = await this.locate();
      }
    }
    return run().catch((error: unknown) => {
      if (!(error instanceof NotServed)) throw error;
      throw new Unavailable('a shard is being moved', { cause: notLocated ?? error });
    });
  }

  /** Reads again which server has which shard. Resolves to the first failure; undefined when all servers answer. */
  private async locate(): Promise<unknown> {
    // A shard that is between two servers is on neither: its old pool stays until the new one is known. So does that of a
    // shard whose server does not answer: others can be followed meanwhile.
    const answers = await Promise.allSettled(this.pools.map((pool) => shardsOn(pool)));
    const located = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const poolByShard = [...this.poolByShard];
    for (const { pool, shard } of located) poolByShard[shard] = pool;
    this.poolByShard = poolByShard;
    return answers.find((answer) => answer.status === 'rejected')?.reason;
  }
}

/**
 * The check runs once, not for each id: a condition without a column of the relation is evaluated once, whatever the
 * plan. It calls `served`, which raises an error, only for a shard that is not served.
 *
 * With an array for each shard, the planner expects few rows and uses the index on (shard, id). For a relation of
 * thousands of (shard, id) it may read the whole table. Ids are strings, because the driver escapes the elements of an
 * array one by one.
 */
function relationOf(sql: Sql, byShard: readonly [shard: number, ids: string[]][]) {
  const shards = byShard.map(([shard]) => shard);
  const lists = byShard.map(([, ids]) => ids.join(idSeparator)).join(listSeparator);
  return sql`(
    SELECT shard, string_to_array(list, ${idSeparator})
    FROM unnest(${shards}::smallint[], string_to_array(${lists}, ${listSeparator})) AS of_shard (shard, list)
    WHERE (
      SELECT count(served(each)) FROM unnest(${shards}::smallint[]) AS each
      WHERE each NOT IN (SELECT shard FROM served_shards)
    ) = 0
  )`;
}

/** The shards that a server serves, including those that it only reads for the moment. */
async function shardsOn(pool: Pool): Promise<{ pool: Pool; shard: number }[]> {
  const rows = await pool.run((sql) => sql<{ shard: number }[]>`SELECT shard FROM served_shards`);
  return rows.map(({ shard }) => ({ pool, shard }));
}

async function shardCount(pools: readonly Pool[]): Promise<number> {
  const counts = await Promise.all(
    pools.map(async (pool) => {
      const [row] = await pool.run((sql) => sql<{ shards: number }[]>`SELECT shards FROM cluster`);
      if (!row) {
        throw new Unusable(`PostgreSQL server ${pool.name} belongs to no cluster yet: run "parley cluster init"`);
      }
      return { server: pool.name, shards: row.shards };
    }),
  );
  const [first] = counts;
  if (!first) throw new Unusable('no PostgreSQL server is named');
  const other = counts.find(({ shards }) => shards !== first.shards);
  if (other) {
    throw new Unusable(
      `PostgreSQL server ${first.server} belongs to a cluster of ${first.shards} shards, ` +
        `${other.server} to one of ${other.shards}: they belong to different clusters`,
    );
  }
  return first.shards;
}

async function poolsByShard(pools: readonly Pool[], shards: number): Promise<Pool[]> {
  const onServers = await Promise.all(pools.map((pool) => shardsOn(pool)));
  const located = Map.groupBy(onServers.flat(), ({ shard }) => shard);
  return Array.from({ length: shards }, (_, shard) => {
    const [first, second] = located.get(shard) ?? [];
    if (!first) {
      throw new Unusable(
        `shard ${shard} is on none of the PostgreSQL servers ${names(pools)}: name the server that has it too, or, ` +
          `when its move was interrupted, finish that with "parley cluster move"`,
      );
    }
    if (second) {
      throw new Unusable(`shard ${shard} is on two PostgreSQL servers, ${first.pool.name} and ${second.pool.name}`);
    }
    return first.pool;
  });
}

function names(pools: readonly Pool[]): string {
  return pools.map((pool) => pool.name).join(', ');
}
