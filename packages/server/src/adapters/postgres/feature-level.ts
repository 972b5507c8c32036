import { Unusable } from '../../platform/failures.ts';
import { firstLevel, supportedLevel } from '../../platform/features.ts';
import type { Pool, Sql } from './pool.ts';
import type { ShardedDatabase } from './sharded-database.ts';

interface LevelRow {
  level: number;
}

/** Assigns a level to servers without one: that of the others, or this program's in a new cluster. */
export async function giveLevels(pools: readonly Pool[]): Promise<void> {
  const rows = await Promise.all(
    pools.map((pool) => pool.run((sql) => sql<LevelRow[]>`SELECT level FROM feature_level`)),
  );
  const levels = rows.flat().map(({ level }) => level);
  const level = levels.length === 0 ? supportedLevel() : Math.max(...levels);
  await Promise.all(
    pools.map((pool) =>
      pool.run((sql) => sql`INSERT INTO feature_level (level) VALUES (${level}) ON CONFLICT DO NOTHING`),
    ),
  );
}

/** SQL for the level of this server; the first level where a previous version created the schema. */
export function levelHere(sql: Sql) {
  return sql`coalesce((SELECT level FROM feature_level), ${firstLevel})`;
}

/** The level of each server. */
export async function storedLevels(database: ShardedDatabase): Promise<number[]> {
  const rows = await database.everywhere((sql) => sql<LevelRow[]>`SELECT ${levelHere(sql)} AS level`);
  return rows.flat().map(({ level }) => level);
}

/** Raises the level of every server; servers with the same or a higher level keep it. Idempotent. */
export async function raiseLevels(database: ShardedDatabase, level: number): Promise<void> {
  await database.everywhere(
    (sql) => sql`
      INSERT INTO feature_level AS f (level) VALUES (${level})
      ON CONFLICT (only_row) DO UPDATE SET level = greatest(f.level, excluded.level)`,
  );
}

/** @throws {Unusable} when a server has a level that this program doesn't support. */
export async function checkLevels(database: ShardedDatabase): Promise<void> {
  const level = Math.max(...(await storedLevels(database)));
  const supported = supportedLevel();
  if (level <= supported) return;
  throw new Unusable(
    `the cluster has feature level ${level}, and this Parley supports ${supported}: start the version that the other ` +
      'processes run, or a newer one',
  );
}
