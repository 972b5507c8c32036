import { Database } from 'bun:sqlite';
import { renameSync } from 'node:fs';
import { lastWithIds, migrations } from '../../src/adapters/sqlite/migrations.ts';
import { entriesOfId } from '../../src/adapters/sqlite/numbered-entries.ts';

/** Gives a database of this version the form that it had before numbers replaced ids, with the same rows. */
export function changeToIds(file: string): void {
  const made = `${file}.with-ids`;
  const database = new Database(made, { create: true, strict: true });
  for (const statements of migrations.slice(0, lastWithIds)) database.run(statements);
  database.run('PRAGMA journal_mode = WAL');
  database.query('ATTACH ? AS numbered').run(file);
  database.transaction(() => {
    const tables = database
      .query<{ name: string }, []>("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name <> 'entries'")
      .all();
    for (const { name } of tables) {
      const columns = database
        .query<{ list: string }, [string]>("SELECT group_concat(name, ', ') AS list FROM pragma_table_info(?, 'main')")
        .get(name)?.list;
      database.run(`DELETE FROM ${name}`);
      database.run(`INSERT INTO ${name} (${columns}) SELECT ${columns} FROM numbered.${name}`);
    }
    const source = entriesOfId
      .replace('FROM entries', 'FROM numbered.entries')
      .replace('JOIN conversations', 'JOIN numbered.conversations');
    const columns = 'conversation_id, seq, message_count, at_ms, sender_id, command_id, kind, text, notice';
    database.run(`INSERT INTO entries (${columns}) SELECT ${columns} FROM (${source})`);
    database.run(`PRAGMA user_version = ${lastWithIds}`);
  })();
  database.run('DETACH numbered');
  database.run('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  renameSync(made, file);
}
