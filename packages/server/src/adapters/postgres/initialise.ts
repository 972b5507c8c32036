import { Unusable } from '../../platform/failures.ts';
import { giveEpochs } from './epochs.ts';
import { giveLevels } from './feature-level.ts';
import { migrate } from './migrations.ts';
import { Pool, type PostgresServer } from './pool.ts';

/**
 * Creates or updates the schema on each server, and assigns unassigned shards to these servers in equal parts.
 * Idempotent.
 *
 * @throws {Unusable} when the servers belong to a cluster with another number of shards.
 */
export async function initialise(servers: readonly PostgresServer[], shards: number): Promise<void> {
  const pools = servers.map((server) => new Pool(server));
  const names = servers.map((server) => server.name).join(',');
  try {
    const madeFor = new Set<string>();
    for (const pool of pools) {
      await migrate(pool);
      madeFor.add(await belong(pool, shards, names));
    }
    await assignShards(pools, shards, madeFor.size === 1 && madeFor.has(names));
    await Promise.all(pools.map(giveEpochs));
    await giveLevels(pools);
  } finally {
    await Promise.all(pools.map((pool) => pool.close()));
  }
}

/**
 * Adds the server to the cluster unless it belongs to one; returns the names of the servers that its cluster was
 * created with.
 */
async function belong(pool: Pool, shards: number, names: string): Promise<string> {
  await pool.run(
    (sql) => sql`INSERT INTO cluster (shards, made_for) VALUES (${shards}, ${names}) ON CONFLICT DO NOTHING`,
  );
  const [row] = await pool.run(
    (sql) => sql<{ shards: number; made_for: string }[]>`SELECT shards, made_for FROM cluster`,
  );
  if (row?.shards !== shards) {
    throw new Unusable(
      `PostgreSQL server ${pool.name} belongs to a cluster of ${row?.shards} shards, not ${shards}; ` +
        'the number of shards is fixed when a cluster is created',
    );
  }
  return row.made_for;
}

/** Assigns the shards that are on no server to these servers. Only while the cluster is made can there be such shards. */
async function assignShards(pools: readonly Pool[], shards: number, isMaking: boolean): Promise<void> {
  const assigned = await Promise.all(
    pools.map((pool) => pool.run((sql) => sql<{ shard: number }[]>`SELECT shard FROM shards`)),
  );
  const known = new Set(assigned.flat().map((row) => row.shard));
  if (known.size === shards) return;
  if (!isMaking) {
    throw new Unusable(
      `of ${shards} shards, ${shards - known.size} are on none of the named PostgreSQL servers: ` +
        'name every server that has some',
    );
  }
  await Promise.all(
    pools.map((pool, index) => {
      const own = Array.from({ length: shards }, (_, shard) => shard).filter(
        (shard) => shard % pools.length === index && !known.has(shard),
      );
      return pool.run(
        (sql) => sql`
          INSERT INTO shards (shard, state) SELECT shard, 'serving' FROM unnest(${own}::smallint[]) AS shard
          ON CONFLICT DO NOTHING`,
      );
    }),
  );
}
