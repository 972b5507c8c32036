import { Unavailable } from '../../platform/failures.ts';
import { defaultPoolBounds, type Pool } from './pool.ts';
import type { SchemaIndex } from './read-indexes.ts';

/** The time within which an index of any size is built. */
const buildTimeoutMs = 24 * 3_600_000;
const bounds = {
  ...defaultPoolBounds,
  maxConnections: 1,
  statementTimeoutMs: buildTimeoutMs,
  answerTimeoutMs: buildTimeoutMs,
  keepsConnections: true,
};
const turnPauseMs = 200;

/**
 * Builds missing indexes while their tables are read and written. The remains of an interrupted build are dropped and
 * built again. If several programs do this at the same time, one builds at a time.
 */
export async function buildIndexes(pool: Pool, indexes: readonly SchemaIndex[]): Promise<void> {
  // One connection that is never replaced: the advisory lock belongs to its session.
  const session = pool.withBounds(bounds);
  try {
    for (const index of indexes) {
      // Acquired again for each index, in case the connection was lost; acquiring a held lock again is allowed.
      await takeTurn(session);
      await build(session, index);
    }
  } finally {
    await session.close();
  }
}

/** Polls, because the index build of another program would wait for a statement that waits here. */
async function takeTurn(session: Pool): Promise<void> {
  const startMs = performance.now();
  while (performance.now() - startMs < buildTimeoutMs) {
    const [row] = await session.run(
      (sql) => sql<{ taken: boolean }[]>`
        SELECT pg_try_advisory_lock(hashtextextended(${`parley indexes of ${session.schema}`}, 0)) AS taken`,
    );
    if (row?.taken) return;
    await Bun.sleep(turnPauseMs);
  }
  throw new Unavailable(`another program has been building indexes on PostgreSQL server ${session.name} for a day`);
}

async function build(session: Pool, { name, on }: SchemaIndex): Promise<void> {
  const [found] = await session.run(
    (sql) => sql<{ is_valid: boolean }[]>`
      SELECT indisvalid AS is_valid FROM pg_index WHERE indexrelid = to_regclass(${`${session.schema}.${name}`})`,
  );
  if (found?.is_valid) return;
  if (found) await session.run((sql) => sql.unsafe(`DROP INDEX CONCURRENTLY ${session.schema}.${name}`));
  await session.run((sql) => sql.unsafe(`CREATE INDEX CONCURRENTLY ${name} ON ${session.schema}.${on}`));
}
