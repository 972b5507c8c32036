import type { Database } from 'bun:sqlite';
import {
  countedUsersMax,
  type TotalCounts,
  type TotalsChange,
  type TotalsStore,
  totalsFollower,
} from '../../followers/totals/totals-port.ts';
import { ConversationCount, type ConversationCounts, one, sumsOf } from './conversation-count.ts';
import { appliedTo, beUpToDate, moveOn } from './follower-progress.ts';
import type { GroupCommit } from './group-commit.ts';

const columns = 'messages, direct_conversations AS directConversations, groups, channels';

export class SqliteTotals implements TotalsStore {
  private readonly database: Database;
  private readonly conversations: ConversationCount;

  constructor(
    private readonly writes: GroupCommit,
    private readonly sizeBytes: () => number,
    private readonly countedMax = countedUsersMax,
  ) {
    this.database = writes.database;
    this.conversations = new ConversationCount(writes);
  }

  async read(): Promise<TotalCounts> {
    const kept = await this.writes.read(() =>
      appliedTo(this.database, totalsFollower) === undefined ? null : this.totals(this.kept()),
    );
    return kept ?? this.conversations.run((counts) => this.totals(counts));
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
    return this.conversations.run(({ messages, directConversations, groups, channels }) => {
      this.database
        .query<null, [number, number, number, number]>(
          `INSERT OR REPLACE INTO totals (only_row, messages, direct_conversations, groups, channels)
           VALUES (1, ?, ?, ?, ?)`,
        )
        .run(messages, directConversations, groups, channels);
      beUpToDate(this.database, totalsFollower);
    });
  }

  private totals({ messages, ...byKind }: ConversationCounts): TotalCounts {
    const conversations = byKind.directConversations + byKind.groups + byKind.channels;
    return { ...this.users(), conversations, ...byKind, messages, databaseBytes: this.sizeBytes() };
  }

  private users(): Pick<TotalCounts, 'users' | 'usersEstimated'> {
    const { counted } = one(
      this.database
        .query<{ counted: number }, [number]>('SELECT count(*) AS counted FROM (SELECT 1 FROM users LIMIT ?)')
        .get(this.countedMax + 1),
    );
    if (counted <= this.countedMax) return { users: counted };
    // Row ids are assigned in ascending order. Deleted accounts would leave gaps.
    const { last } = one(this.database.query<{ last: number }, []>('SELECT max(rowid) AS last FROM users').get());
    return { users: last, usersEstimated: true };
  }

  private kept(): ConversationCounts {
    return one(this.database.query<ConversationCounts, []>(`SELECT ${columns} FROM totals`).get());
  }

  /** By kind, the number of conversations that these entries created, minus those whose last member left. */
  private opened(notices: TotalsChange['notices']): Omit<ConversationCounts, 'messages'> {
    if (notices.length === 0) return { directConversations: 0, groups: 0, channels: 0 };
    const given = JSON.stringify(notices.map(({ conversationId, seq }) => [conversationId, seq]));
    return one(
      this.database
        .query<Omit<ConversationCounts, 'messages'>, [string]>(
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
