import type { Epoch } from '../../conversations/conversations-port.ts';
import type { Pool, Sql } from './pool.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/** Assigns epochs to the shards of this server that have none. */
export async function giveEpochs(pool: Pool): Promise<void> {
  await pool.run(
    (sql) => sql`
      INSERT INTO shard_epochs (shard, epoch)
      SELECT shard, gen_random_uuid()::text FROM shards WHERE state = 'serving'
      ON CONFLICT DO NOTHING`,
  );
}

/** Undefined for a shard without an epoch, which a previous version moved. */
export async function epochOf(database: ShardedDatabase, id: string): Promise<Epoch> {
  const [row] = await database.at(
    id,
    (sql, shard) => sql<{ epoch: string }[]>`SELECT epoch FROM shard_epochs WHERE shard = served(${shard})`,
  );
  return row?.epoch;
}

/** Epochs by shard; shards without one are missing. */
export async function epochsOfShards(database: ShardedDatabase): Promise<Map<number, string>> {
  const rows = await database.everywhere(
    (sql) => sql<{ shard: number; epoch: string }[]>`
      SELECT shard, epoch FROM shard_epochs JOIN served_shards USING (shard)`,
  );
  return new Map(rows.flat().map(({ shard, epoch }) => [shard, epoch]));
}

/** Assigns this epoch to these shards, or a different one to each. */
export async function setEpochs(database: ShardedDatabase, shards: readonly number[], epoch?: string): Promise<void> {
  const write = (sql: Sql, group: readonly number[]) => sql`
    INSERT INTO shard_epochs (shard, epoch)
    SELECT writable(shard), coalesce(${epoch ?? null}::text, gen_random_uuid()::text)
    FROM unnest(${[...group]}::smallint[]) AS shard
    ON CONFLICT (shard) DO UPDATE SET epoch = excluded.epoch`;
  await database.atEachShard(shards, (shard) => shard, write);
}
