import type { Database } from 'bun:sqlite';

/**
 * Adds columns to every table of the current PostgreSQL schema, as a step of a later version may: one that is NOT NULL
 * with a default, and a generated one. A statement that writes NULL into either fails.
 */
export const laterColumns = `
  DO $later$
  DECLARE
    of_table text;
  BEGIN
    FOR of_table IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename LOOP
      EXECUTE format(
        'ALTER TABLE %I ADD COLUMN later_flag boolean NOT NULL DEFAULT false,
          ADD COLUMN later_sum bigint GENERATED ALWAYS AS (1) STORED', of_table);
    END LOOP;
  END $later$;`;

/** As {@link laterColumns}, in SQLite. */
export function addLaterColumns(database: Database): void {
  const tables = database
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all();
  for (const { name } of tables) {
    database.run(`ALTER TABLE ${name} ADD COLUMN later_flag INTEGER NOT NULL DEFAULT 0`);
    database.run(`ALTER TABLE ${name} ADD COLUMN later_sum INTEGER GENERATED ALWAYS AS (1) VIRTUAL`);
  }
}
