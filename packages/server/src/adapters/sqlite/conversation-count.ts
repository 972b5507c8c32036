import type { Database } from 'bun:sqlite';
import type { GroupCommit } from './group-commit.ts';

export interface ConversationCounts {
  messages: number;
  directConversations: number;
  groups: number;
  channels: number;
}

type Piece = ConversationCounts & { lastId: string | null; conversations: number };

/** How many conversations one transaction counts: a few milliseconds of work at most. */
export const conversationsPerPiece = 1_000;

/**
 * While conversations are counted, the triggers note the changes of those that are already counted, in the transaction
 * of the change. The others are counted later, with their changes. Temporary tables are in memory.
 */
const begin = `
  CREATE TEMP TABLE counting (up_to TEXT NOT NULL);
  INSERT INTO counting VALUES ('');
  CREATE TEMP TABLE uncounted (sign INTEGER NOT NULL, kind TEXT NOT NULL, closed INTEGER NOT NULL, message_count INTEGER NOT NULL);
  CREATE TEMP TRIGGER uncounted_inserts AFTER INSERT ON main.conversations WHEN NEW.id <= (SELECT up_to FROM counting)
  BEGIN
    INSERT INTO uncounted VALUES (1, NEW.kind, NEW.closed, NEW.message_count);
  END;
  CREATE TEMP TRIGGER uncounted_updates AFTER UPDATE ON main.conversations WHEN NEW.id <= (SELECT up_to FROM counting)
  BEGIN
    INSERT INTO uncounted VALUES
      (-1, OLD.kind, OLD.closed, OLD.message_count), (1, NEW.kind, NEW.closed, NEW.message_count);
  END;`;

const end = `
  DROP TRIGGER IF EXISTS uncounted_inserts;
  DROP TRIGGER IF EXISTS uncounted_updates;
  DROP TABLE IF EXISTS uncounted;
  DROP TABLE IF EXISTS counting;`;

const nextPiece = `
  WITH piece AS (
    SELECT id, kind, closed, message_count FROM conversations
    WHERE id > (SELECT up_to FROM counting) ORDER BY id LIMIT ${conversationsPerPiece}
  ),
  counted AS (
    SELECT sign, kind, closed, message_count FROM uncounted
    UNION ALL SELECT 1, kind, closed, message_count FROM piece
  )
  SELECT coalesce(sum(sign * message_count), 0) AS messages,
    ${sumsOf((kind) => `sign * (kind = '${kind}' AND NOT closed)`)},
    (SELECT max(id) FROM piece) AS lastId, (SELECT count(*) FROM piece) AS conversations
  FROM counted`;

/** Counts all conversations in pieces, each in a transaction and a turn of its own, while senders write. */
export class ConversationCount {
  private readonly database: Database;
  /** The current count, if there is one: one at a time. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly writes: GroupCommit) {
    this.database = writes.database;
  }

  /**
   * Passes the counts to `finish` in the last transaction, so that they are as of that moment. Rejects as
   * `GroupCommit.run` does.
   */
  run<Result>(finish: (counts: ConversationCounts) => Result): Promise<Result> {
    const result = this.last.then(() => this.count(finish));
    this.last = result.catch(() => undefined);
    return result;
  }

  private async count<Result>(finish: (counts: ConversationCounts) => Result): Promise<Result> {
    await this.writes.run(() => {
      // A count that failed leaves its triggers; the follower counts again soon.
      this.database.run(end);
      this.database.run(begin);
    });
    let counts: ConversationCounts = { messages: 0, directConversations: 0, groups: 0, channels: 0 };
    while (true) {
      const before = counts;
      const step = await this.writes.run(() => {
        const piece = this.next();
        const sum = plus(before, piece);
        if (piece.conversations === conversationsPerPiece) return { sum, isLast: false as const };
        this.database.run(end);
        return { isLast: true as const, result: finish(sum) };
      });
      if (step.isLast) return step.result;
      counts = step.sum;
    }
  }

  private next(): Piece {
    const piece = one(this.database.query<Piece, []>(nextPiece).get());
    this.database.run('DELETE FROM uncounted');
    if (piece.lastId !== null) this.database.query<null, [string]>('UPDATE counting SET up_to = ?').run(piece.lastId);
    return piece;
  }
}

/** A sum for each kind of conversation. */
export function sumsOf(term: (kind: string) => string): string {
  const kinds = { direct: 'directConversations', group: 'groups', channel: 'channels' };
  return Object.entries(kinds)
    .map(([kind, name]) => `coalesce(sum(${term(kind)}), 0) AS ${name}`)
    .join(', ');
}

export function one<Row>(row: Row | null): Row {
  if (row === null) throw new Error('a query of counts returned no row');
  return row;
}

function plus(a: ConversationCounts, b: ConversationCounts): ConversationCounts {
  return {
    messages: a.messages + b.messages,
    directConversations: a.directConversations + b.directConversations,
    groups: a.groups + b.groups,
    channels: a.channels + b.channels,
  };
}
