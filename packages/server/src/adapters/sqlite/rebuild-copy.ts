import { Database } from 'bun:sqlite';
import { columnList } from '../rows/table.ts';
import { CommandKeys } from './command-keys.ts';
import { hourMs } from './heads.ts';
import { lastWithIds, migrations } from './migrations.ts';
import { storedCommandSql, storedKindSql } from './numbered-entries.ts';

/** Tables whose rows are not copied unchanged. */
const converted = new Set(['conversations', 'entries', 'user_numbers', 'command_keys', 'command_key_seed', 'rebuild']);

/** The position up to which entries are copied: conversations by number, and the entries of each by number. */
interface Position {
  conversation: number;
  seq: number;
}

/** A new file with numbers, while the rows of a database with ids are copied into it. */
export class RebuildCopy {
  private readonly keys: CommandKeys;
  private readonly statements: ReturnType<typeof prepare>;

  private constructor(
    former: string,
    private readonly database: Database,
  ) {
    database.query('ATTACH ? AS former').run(former);
    this.keys = new CommandKeys(database);
    this.statements = prepare(database);
  }

  /** Begins a copy of the database `former`; `identity` says of which state of it. */
  static begin(former: string, file: string, { identity, pageBytes }: { identity: string; pageBytes: number }) {
    const database = new Database(file, { create: true, strict: true });
    database.run(`PRAGMA page_size = ${pageBytes}`);
    database.transaction(() => {
      for (const statements of migrations.slice(0, lastWithIds + 1)) database.run(statements);
      database.run('CREATE TABLE rebuild (identity TEXT NOT NULL, others_are_copied INTEGER NOT NULL) STRICT');
      database.query('INSERT INTO rebuild VALUES (?, 0)').run(identity);
    })();
    return new RebuildCopy(former, database);
  }

  /** Opens an interrupted copy; null when it is of another state of the database, or was not begun. */
  static continued(former: string, file: string, identity: string): RebuildCopy | null {
    const database = new Database(file, { strict: true });
    const isBegun = database.query("SELECT 1 FROM sqlite_schema WHERE name = 'rebuild'").get() !== null;
    if (isBegun && database.query('SELECT 1 FROM rebuild WHERE identity = ?').get(identity) !== null) {
      return new RebuildCopy(former, database);
    }
    database.close();
    return null;
  }

  /** Copies everything but the entries, in one transaction. */
  copyOthers(): void {
    const { database } = this;
    database.transaction(() => {
      if (database.query('SELECT 1 FROM rebuild WHERE others_are_copied = 1').get() !== null) return;
      const tables = database
        .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .all();
      for (const { name } of tables) {
        if (converted.has(name)) continue;
        const columns = this.columnsOf('main', name);
        // The steps of the schema inserted some rows.
        database.run(`DELETE FROM ${name}`);
        database.run(`INSERT INTO ${name} (${columns}) SELECT ${columns} FROM former.${name}`);
      }
      const columns = this.columnsOf('former', 'conversations');
      database.run(
        `INSERT INTO conversations (${columns}, last_entry_hour)
         SELECT ${columns}, last_entry_at_ms / ${hourMs} FROM former.conversations ORDER BY id`,
      );
      database.run('INSERT INTO user_numbers (id) SELECT id FROM former.users ORDER BY id');
      database.run('UPDATE rebuild SET others_are_copied = 1');
    })();
  }

  /** Copies up to `count` further entries in one transaction. Returns whether there may be more. */
  copyEntries(count: number): boolean {
    return this.database.transaction(() => {
      let left = count;
      let { conversation, seq }: Position = this.position();
      while (left > 0) {
        const id = this.statements.id.get(conversation)?.id;
        if (id === undefined) return false;
        const copied = this.copyConversation({ conversation, seq }, id, left);
        left -= copied;
        // Less than what was left: the conversation has no more.
        if (left > 0) [conversation, seq] = [conversation + 1, 0];
      }
      return true;
    })();
  }

  /** The entries that are copied, and those of all conversations. */
  progress(): { copied: number; total: number } {
    const { progress } = this.statements;
    const { conversation, seq } = this.position();
    const { copied, total } = progress.get(conversation) ?? { copied: 0, total: 0 };
    return { copied: copied + seq, total };
  }

  finish(): void {
    this.database.transaction(() => {
      this.database.run('DROP TABLE rebuild');
      this.database.run(`PRAGMA user_version = ${lastWithIds + 1}`);
    })();
  }

  close(): void {
    this.database.close();
  }

  /** Entries are copied in the order of their numbers. */
  private position(): Position {
    return this.statements.last.get() ?? { conversation: 1, seq: 0 };
  }

  private copyConversation({ conversation, seq: after }: Position, id: string, limit: number): number {
    const { senders, entries, commands, isOf } = this.statements;
    senders.run(id, after, limit);
    const { changes } = entries.run(conversation, id, after, limit);
    for (const { seq, sender_id: senderId, command_id: commandId } of commands.iterate(id, after, limit)) {
      this.keys.add({ conversation, senderId, commandId }, seq, (other) => {
        return isOf.get(id, other, senderId, commandId) !== null;
      });
    }
    return changes;
  }

  private columnsOf(schema: string, table: string): string {
    const rows = this.database
      .query<{ name: string }, [string, string]>('SELECT name FROM pragma_table_info(?, ?)')
      .all(table, schema);
    return columnList(rows.map(({ name }) => name));
  }
}

interface CommandRow {
  seq: number;
  sender_id: string;
  command_id: string;
}

function prepare(database: Database) {
  const range = 'FROM former.entries f WHERE conversation_id = ? AND seq > ? ORDER BY seq LIMIT ?';
  return {
    id: database.query<{ id: string }, [number]>('SELECT id FROM conversations WHERE number = ?'),
    last: database.query<Position, []>('SELECT conversation, seq FROM entries ORDER BY number DESC LIMIT 1'),
    progress: database.query<{ copied: number; total: number }, [number]>(
      'SELECT sum(iif(number < ?, head_seq, 0)) AS copied, sum(head_seq) AS total FROM conversations',
    ),
    // Users whose accounts are missing, which only a damaged database has.
    senders: database.query(
      `INSERT OR IGNORE INTO user_numbers (id) SELECT DISTINCT sender_id FROM (SELECT * ${range})`,
    ),
    entries: database.query(
      `INSERT INTO entries (number, message_count, at_ms, sender, command, kind, text, notice)
       SELECT (? << 32) + seq, message_count, at_ms, (SELECT number FROM user_numbers WHERE id = sender_id),
         ${storedCommandSql('command_id')}, ${storedKindSql('kind')}, text, notice ${range}`,
    ),
    commands: database.query<CommandRow, [string, number, number]>(`SELECT seq, sender_id, command_id ${range}`),
    isOf: database.query(
      'SELECT 1 FROM former.entries WHERE conversation_id = ? AND seq = ? AND sender_id = ? AND command_id = ?',
    ),
  };
}
