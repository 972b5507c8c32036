import type { Database } from 'bun:sqlite';
import type { ConversationId } from '@parley/protocol';
import type { ConversationHead } from '../../conversations/conversation.ts';
import { conversationsTable, type HeadRow } from '../rows/conversation-tables.ts';
import { columnOf } from '../rows/table.ts';

/** The unit of `last_entry_hour`, by which conversations are found that a wrong clock dated ahead. */
export const hourMs = 3_600_000;

export function hourOf(atMs: number): number {
  return Math.floor(atMs / hourMs);
}

/** A head, and the number that stands for its conversation in the database. */
export interface Head {
  number: number;
  head: ConversationHead;
}

/** What messages and amendments change. A head that differs in nothing else is written without its other columns and indexes. */
const moving = ['headSeq', 'messageCount', 'lastMessageSeq', 'lastEntryAtMs', 'revision', 'amendedAtMs'] as const;
const isMoving = new Set<string>(moving);

/** The heads of conversations in SQLite. Call its methods within a transaction. */
export class Heads {
  private readonly statements: ReturnType<typeof prepare>;

  constructor(database: Database) {
    this.statements = prepare(database);
  }

  numberOf(conversationId: ConversationId): number | undefined {
    return this.statements.number.get(conversationId)?.number;
  }

  /** The heads of these conversations, as far as they exist. */
  load(conversationIds: readonly ConversationId[]): Map<ConversationId, Head> {
    const heads = new Map<ConversationId, Head>();
    for (const id of conversationIds) {
      const row = this.statements.head.get(id);
      if (row) heads.set(id, { number: row.number, head: conversationsTable.fromRow(row) });
    }
    return heads;
  }

  /** Writes a head; returns its conversation's number. `before` is the stored head, as {@link load} returned it. */
  put(head: ConversationHead, before: Head | undefined): number {
    const hour = hourOf(head.lastEntryAtMs);
    if (before && hour === hourOf(before.head.lastEntryAtMs) && onlyMoved(before.head, head)) {
      this.statements.move.run(...moving.map((field) => head[field]), before.number);
      return before.number;
    }
    const row = this.statements.put.get(...conversationsTable.parameters(head), hour);
    if (!row) throw new Error(`conversation ${head.id} got no number`);
    return row.number;
  }
}

function onlyMoved(before: ConversationHead, after: ConversationHead): boolean {
  for (const field in after) {
    const name = field as keyof ConversationHead;
    if (after[name] !== before[name] && !isMoving.has(name)) return false;
  }
  return true;
}

type Value = string | number | null;

function prepare(database: Database) {
  const { columns, changing } = conversationsTable;
  const changes = [...changing, 'last_entry_hour'].map((column) => `${column} = excluded.${column}`);
  return {
    number: database.query<{ number: number }, [string]>('SELECT number FROM conversations WHERE id = ?'),
    head: database.query<HeadRow & { number: number }, [string]>(
      `SELECT number, ${conversationsTable.list()} FROM conversations WHERE id = ?`,
    ),
    move: database.query<null, Value[]>(
      `UPDATE conversations SET ${moving.map((field) => `${columnOf(field)} = ?`).join(', ')} WHERE number = ?`,
    ),
    put: database.query<{ number: number }, Value[]>(
      `INSERT INTO conversations (${conversationsTable.list()}, last_entry_hour)
       VALUES (${columns.map(() => '?').join(', ')}, ?)
       ON CONFLICT (id) DO UPDATE SET ${changes.join(', ')} RETURNING number`,
    ),
  };
}
