import { Unusable } from '../../platform/failures.ts';
import { isDeadlock } from './failures.ts';
import { buildIndexes } from './index-builder.ts';
import type { Pool } from './pool.ts';
import { schemaSteps } from './schema-steps.ts';

const attemptsMax = 10;

/**
 * Creates or updates a server's schema. If several programs do this at the same time, one does it and the others wait.
 * Each step is one transaction.
 *
 * @throws {Unusable} when a newer Parley wrote the schema and this one cannot work with it.
 */
export async function migrate(pool: Pool): Promise<void> {
  const { schema } = pool;
  await pool.run((sql) =>
    sql.unsafe(`
      SELECT ${migrationLock(schema)};
      CREATE SCHEMA IF NOT EXISTS ${schema};
      CREATE TABLE IF NOT EXISTS ${schema}.migrations (version integer PRIMARY KEY, works_from integer NOT NULL);`),
  );
  await checkSchema(pool, { behind: 'is upgraded' });
  for (const [index, { statements, worksFrom, indexes = [] }] of schemaSteps.entries()) {
    const version = index + 1;
    if (indexes.length > 0) await buildIndexes(pool, indexes);
    // Several statements in one message are one transaction.
    const step = `
      SELECT ${migrationLock(schema)};
      DO $migration$ BEGIN
        IF NOT EXISTS (SELECT FROM ${schema}.migrations WHERE version = ${version}) THEN
          EXECUTE $step$${statements}$step$;
          INSERT INTO ${schema}.migrations (version, works_from) VALUES (${version}, ${worksFrom});
        END IF;
      END $migration$;`;
    await despiteDeadlocks(() => pool.run((sql) => sql.unsafe(step)));
  }
}

/**
 * A step locks its tables in another order than the statements of the running version, so PostgreSQL may cancel one of
 * the two as a deadlock.
 */
async function despiteDeadlocks(step: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await step();
      return;
    } catch (error) {
      if (attempt === attemptsMax || !isDeadlock(error)) throw error;
    }
  }
}

/**
 * Refuses a schema that this program cannot work with: one that lacks steps, or one with a newer step that requires
 * newer programs.
 */
export async function checkSchema(pool: Pool, options: { behind: 'is refused' | 'is upgraded' }): Promise<void> {
  const { schema, name } = pool;
  const known = schemaSteps.length;
  const [found] = await pool.run(
    (sql) => sql<{ exists: boolean }[]>`SELECT to_regclass(${`${schema}.migrations`}) IS NOT NULL AS exists`,
  );
  if (!found?.exists) {
    throw new Unusable(`PostgreSQL server ${name} has no schema ${schema}: create it with "parley cluster init"`);
  }
  const [row] = await pool.run(
    (sql) => sql<{ version: number; works_from: number }[]>`
      SELECT coalesce(max(version), 0) AS version, coalesce(max(works_from), 0) AS works_from FROM migrations`,
  );
  const { version, works_from: worksFrom } = row ?? { version: 0, works_from: 0 };
  if (worksFrom > known) {
    throw new Unusable(
      `schema ${schema} on PostgreSQL server ${name} has schema version ${version}, which needs a Parley that supports version ` +
        `${worksFrom}; this one supports up to ${known}. Start the newer version, or restore a backup made by this one.`,
    );
  }
  if (version < known && options.behind === 'is refused') {
    throw new Unusable(
      `schema ${schema} on PostgreSQL server ${name} has schema version ${version}, this Parley needs ${known}: ` +
        'run "parley cluster init" of this version, which upgrades it while the previous version keeps running',
    );
  }
}

function migrationLock(schema: string): string {
  return `pg_advisory_xact_lock(hashtextextended('parley migrations of ${schema}', 0))`;
}
