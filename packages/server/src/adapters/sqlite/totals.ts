import type { Database } from 'bun:sqlite';
import {
  type TotalCounts,
  type TotalsChange,
  type TotalsStore,
  totalsFollower,
} from '../../followers/totals/totals-port.ts';
import { appliedTo, beUpToDate, moveOn } from './follower-progress.ts';
import type { GroupCommit } from './group-commit.ts';

interface Counts {
  messages: number;
  directConversations: number;
  groups: number;
  channels: number;
}

const columns = 'messages, direct_conversations AS directConversations, groups, channels';

export class SqliteTotals implements TotalsStore {
  private readonly database: Database;

  constructor(
    private readonly writes: GroupCommit,
    private readonly sizeBytes: () => number,
  ) {
    this.database = writes.database;
  }

  read(): Promise<TotalCounts> {
    return this.writes.read(() => {
      const { users } = one(this.database.query<{ users: number }, []>('SELECT count(*) AS users FROM users').get());
      const isBuilt = appliedTo(this.database, totalsFollower) !== undefined;
      const { messages, ...byKind } = isBuilt ? this.kept() : countConversations(this.database);
      const conversations = byKind.directConversations + byKind.groups + byKind.channels;
      return { users, conversations, ...byKind, messages, databaseBytes: this.sizeBytes() };
    });
  }

  add(changes: readonly TotalsChange[]): Promise<void> {
    return this.writes.run(() => {
      for (const { change, messages, notices } of changes) {
        moveOn(this.database, totalsFollower, change);
        const opened = this.opened(notices);
        this.database
          .query<null, [number, number, number, number]>(
            `UPDATE totals SET messages = messages + ?, direct_conversations = direct_conversations + ?,
               groups = groups + ?, channels = channels + ?`,
          )
          .run(messages, opened.directConversations, opened.groups, opened.channels);
      }
    });
  }

  rebuild(): Promise<void> {
    return this.writes.run(() => {
      const { messages, directConversations, groups, channels } = countConversations(this.database);
      this.database
        .query<null, [number, number, number, number]>(
          `INSERT OR REPLACE INTO totals (only_row, messages, direct_conversations, groups, channels)
           VALUES (1, ?, ?, ?, ?)`,
        )
        .run(messages, directConversations, groups, channels);
      beUpToDate(this.database, totalsFollower);
    });
  }

  private kept(): Counts {
    return one(this.database.query<Counts, []>(`SELECT ${columns} FROM totals`).get());
  }

  /** By kind, the number of conversations that these entries created, minus those whose last member left. */
  private opened(notices: TotalsChange['notices']): Omit<Counts, 'messages'> {
    if (notices.length === 0) return { directConversations: 0, groups: 0, channels: 0 };
    const given = JSON.stringify(notices.map(({ conversationId, seq }) => [conversationId, seq]));
    return one(
      this.database
        .query<Omit<Counts, 'messages'>, [string]>(
          `WITH given AS (SELECT value ->> 0 AS id, value ->> 1 AS seq FROM json_each(?)),
             opened AS (
               SELECT c.kind, (g.seq = 1) - (c.closed AND c.head_seq = g.seq) AS count
               FROM given g JOIN conversations c ON c.id = g.id
             )
           SELECT ${sumsOf((kind) => `iif(kind = '${kind}', count, 0)`)} FROM opened`,
        )
        .get(given),
    );
  }
}

/** Counts every conversation. */
export function countConversations(database: Database): Counts {
  return one(
    database
      .query<Counts, []>(
        `SELECT coalesce(sum(message_count), 0) AS messages,
           ${sumsOf((kind) => `kind = '${kind}' AND NOT closed`)} FROM conversations`,
      )
      .get(),
  );
}

function sumsOf(term: (kind: string) => string): string {
  const kinds = { direct: 'directConversations', group: 'groups', channel: 'channels' };
  return Object.entries(kinds)
    .map(([kind, name]) => `coalesce(sum(${term(kind)}), 0) AS ${name}`)
    .join(', ');
}

function one<Row>(row: Row | null): Row {
  if (row === null) throw new Error('a query of counts returned no row');
  return row;
}
