import { Unusable } from '../../platform/failures.ts';
import { systemIds } from '../../platform/ids.ts';
import type { Pool } from './pool.ts';
import { shardTables } from './shard-tables.ts';

type State = 'arriving' | 'serving' | 'fenced' | 'gone';

export interface ShardMove {
  shard: number;
  source: Pool;
  target: Pool;
  /** The connection string, for libpq, by which the target reaches the source. */
  sourceUrl: string;
  /** Called before each step with its description. */
  tell(step: string): void;
}

const pollMs = 100;
const rowsPerDelete = 5_000;

/**
 * Moves a logical shard from one PostgreSQL server to another while it is served. Logical replication copies it and
 * keeps the copy up to date; then writes to it are held back for a moment, the last changes arrive, and the target
 * serves it. No acknowledged write is lost: writes that were held back go to the new server.
 *
 * After an interruption at any point, running it again continues from there. Needs `wal_level = logical` at the
 * source and the right to create subscriptions at the target.
 */
export async function moveShard(move: ShardMove): Promise<void> {
  const { shard, source, target, tell } = move;
  let [from, to] = [await stateAt(source, shard), await stateAt(target, shard)];
  if (from === undefined && to === 'serving') return;
  if (from === undefined) throw new Unusable(`shard ${shard} is not on PostgreSQL server ${source.name}`);
  if (from !== 'gone' && to === 'serving') {
    throw new Unusable(`shard ${shard} is served by ${source.name} and by ${target.name}: a move cannot repair that`);
  }
  if (from === 'serving' || from === 'fenced') {
    tell(`copying shard ${shard} from ${source.name} to ${target.name}`);
    await copy(move, to);
    tell('holding back writes to it');
    await source.run((sql) => sql`SELECT fence(${shard})`);
    tell('waiting for the last writes');
    await lastArrived(move);
    await setState(source, shard, 'gone');
    [from, to] = ['gone', 'arriving'];
  }
  if (to === 'arriving') await setState(target, shard, 'serving');
  tell(`${target.name} serves it; cleaning up`);
  await cleanUp(move);
}

async function stateAt(pool: Pool, shard: number): Promise<State | undefined> {
  const [row] = await pool.run((sql) => sql<{ state: State }[]>`SELECT state FROM shards WHERE shard = ${shard}`);
  return row?.state;
}

async function setState(pool: Pool, shard: number, state: State): Promise<void> {
  await pool.run((sql) => sql`UPDATE shards SET state = ${state} WHERE shard = ${shard}`);
}

/** The publication, its slot and the subscription share a name. */
function replicationName({ source, shard }: ShardMove): string {
  return `${source.schema}_shard_${shard}`;
}

async function copy(move: ShardMove, to: State | undefined): Promise<void> {
  const { shard, source, target } = move;
  const name = replicationName(move);
  await checkReplicates(source);
  if (to === undefined) {
    // Rows that remain from an earlier stay of the shard would conflict.
    await deleteRows(target, shard);
    await target.run((sql) => sql`INSERT INTO shards (shard, state) VALUES (${shard}, 'arriving')`);
  }
  const added = await publish(move);
  const [slot] = await source.run((sql) => sql`SELECT 1 FROM pg_replication_slots WHERE slot_name = ${name}`);
  if (!slot) await source.run((sql) => sql`SELECT pg_create_logical_replication_slot(${name}, 'pgoutput')`);
  const [subscribed] = await target.run((sql) => sql`SELECT 1 FROM pg_subscription WHERE subname = ${name}`);
  if (!subscribed) {
    const connection = move.sourceUrl.replaceAll("'", "''");
    // The slot is created first: when both databases are on one server, creating it here would wait for itself.
    await target.run((sql) =>
      sql.unsafe(
        `CREATE SUBSCRIPTION ${name} CONNECTION '${connection}' PUBLICATION ${name}
         WITH (create_slot = false, slot_name = '${name}', synchronous_commit = 'on')`,
      ),
    );
  } else if (added > 0) {
    await target.run((sql) => sql.unsafe(`ALTER SUBSCRIPTION ${name} REFRESH PUBLICATION`));
  }
  await until(async () => {
    const [row] = await target.run(
      (sql) => sql<{ waiting: number }[]>`
        SELECT count(*) AS waiting FROM pg_subscription_rel r JOIN pg_subscription s ON s.oid = r.srsubid
        WHERE s.subname = ${name} AND r.srsubstate <> 'r'`,
    );
    return row?.waiting === 0;
  });
}

/** Publishes the shard's rows of every table; returns how many tables an earlier, interrupted run had not published. */
async function publish(move: ShardMove): Promise<number> {
  const { shard, source } = move;
  const name = replicationName(move);
  const published = await source.run(
    (sql) => sql<{ tablename: string | null }[]>`
      SELECT tablename FROM pg_publication LEFT JOIN pg_publication_tables USING (pubname) WHERE pubname = ${name}`,
  );
  const present = new Set(published.map(({ tablename }) => tablename));
  const missing = (await shardTables(source)).filter((table) => !present.has(table));
  if (missing.length === 0) return 0;
  const tables = missing.map((table) => `TABLE ${source.schema}.${table} WHERE (shard = ${shard})`).join(', ');
  const change = published.length === 0 ? `CREATE PUBLICATION ${name} FOR` : `ALTER PUBLICATION ${name} ADD`;
  await source.run((sql) => sql.unsafe(`${change} ${tables}`));
  return missing.length;
}

async function checkReplicates(source: Pool): Promise<void> {
  const [row] = await source.run((sql) => sql<{ wal_level: string }[]>`SHOW wal_level`);
  if (row?.wal_level === 'logical') return;
  throw new Unusable(
    `PostgreSQL server ${source.name} has wal_level = ${row?.wal_level}: moving a shard needs wal_level = logical, ` +
      'which takes effect when that server is restarted',
  );
}

/** A marker that is written after the last write arrives after it, because replication keeps the order of commits. */
async function lastArrived({ shard, source, target }: ShardMove): Promise<void> {
  const mark = `moved ${systemIds.uuid()}`;
  await source.run(
    (sql) => sql`
      INSERT INTO claims (shard, name, user_id, confirmed, claimed_at) VALUES (${shard}, ${mark}, '', false, now())`,
  );
  await until(async () => {
    const rows = await target.run((sql) => sql`SELECT 1 FROM claims WHERE shard = ${shard} AND name = ${mark}`);
    return rows.length > 0;
  });
}

async function cleanUp(move: ShardMove): Promise<void> {
  const { shard, source, target } = move;
  const name = replicationName(move);
  const [subscribed] = await target.run((sql) => sql`SELECT 1 FROM pg_subscription WHERE subname = ${name}`);
  if (subscribed) {
    await target.run((sql) => sql.unsafe(`ALTER SUBSCRIPTION ${name} DISABLE`));
    await target.run((sql) => sql.unsafe(`ALTER SUBSCRIPTION ${name} SET (slot_name = NONE)`));
    await target.run((sql) => sql.unsafe(`DROP SUBSCRIPTION ${name}`));
  }
  // The connection of a dropped subscription releases the slot a moment later.
  await until(async () => {
    const [slot] = await source.run(
      (sql) => sql<{ active: boolean }[]>`SELECT active FROM pg_replication_slots WHERE slot_name = ${name}`,
    );
    if (slot && !slot.active) await source.run((sql) => sql`SELECT pg_drop_replication_slot(${name})`);
    return slot?.active !== true;
  });
  await source.run((sql) => sql.unsafe(`DROP PUBLICATION IF EXISTS ${name}`));
  await target.run((sql) => sql`DELETE FROM claims WHERE shard = ${shard} AND name LIKE 'moved %'`);
  await deleteRows(source, shard);
  await source.run((sql) => sql`DELETE FROM shards WHERE shard = ${shard}`);
}

async function deleteRows(pool: Pool, shard: number): Promise<void> {
  for (const table of await shardTables(pool)) {
    let deleted: number;
    do {
      const result = await pool.run(
        (sql) => sql`
          DELETE FROM ${sql(table)}
          WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${sql(table)} WHERE shard = ${shard} LIMIT ${rowsPerDelete}))`,
      );
      deleted = result.count;
    } while (deleted > 0);
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await Bun.sleep(pollMs);
}
