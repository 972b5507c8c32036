import { Unusable } from '../../platform/failures.ts';
import { migrate } from './migrations.ts';
import { Pool, type PostgresServer } from './pool.ts';

/**
 * Makes the schema on each server, or brings it up to date, and gives shards that no server has yet to these servers,
 * in equal parts. Repeating it changes nothing.
 *
 * @throws {Unusable} when the servers belong to a cluster of another number of shards.
 */
export async function initialise(servers: readonly PostgresServer[], shards: number): Promise<void> {
  const pools = servers.map((server) => new Pool(server));
  try {
    for (const pool of pools) {
      await migrate(pool);
      await belong(pool, shards);
    }
    await placeShards(pools, shards);
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
}

async function belong(pool: Pool, shards: number): Promise<void> {
  await pool.run((sql) => sql`INSERT INTO cluster (shards) VALUES (${shards}) ON CONFLICT DO NOTHING`);
  const [row] = await pool.run((sql) => sql<{ shards: number }[]>`SELECT shards FROM cluster`);
  if (row?.shards !== shards) {
    throw new Unusable(
      `PostgreSQL server ${pool.name} belongs to a cluster of ${row?.shards} shards, not ${shards}; ` +
        'the number of shards is fixed when a cluster is made',
    );
  }
}

/** Shards that are on no server, in whatever state. */
async function placeShards(pools: readonly Pool[], shards: number): Promise<void> {
  const placed = await Promise.all(
    pools.map((pool) => pool.run((sql) => sql<{ shard: number }[]>`SELECT shard FROM shards`)),
  );
  const known = new Set(placed.flat().map((row) => row.shard));
  const isNew = known.size === 0;
  if (!isNew && known.size < shards) {
    throw new Unusable(
      `of ${shards} shards, ${shards - known.size} are on none of the named PostgreSQL servers: name every server that has some`,
    );
  }
  if (!isNew) return;
  await Promise.all(
    pools.map((pool, index) => {
      const own = Array.from({ length: shards }, (_, shard) => shard).filter((shard) => shard % pools.length === index);
      return pool.run(
        (sql) => sql`
          INSERT INTO shards (shard, state) SELECT shard, 'serving' FROM unnest(${own}::smallint[]) AS shard`,
      );
    }),
  );
}
