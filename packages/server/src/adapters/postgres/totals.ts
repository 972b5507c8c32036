import {
  countedUsersMax,
  type TotalCounts,
  type TotalsChange,
  type TotalsStore,
  totalsFollower,
} from '../../followers/totals/totals-port.ts';
import { beUpToDate, changeRow, checkMoved, moved } from './follower-progress.ts';
import { json, type Sql } from './pool.ts';
import type { ShardedDatabase } from './sharded-database.ts';

interface TotalsRow {
  users: number;
  /** The number of users that PostgreSQL last estimated; -1 if it has not done so yet. */
  estimated_users: number;
  messages: number;
  direct_conversations: number;
  groups: number;
  channels: number;
  database_bytes: number;
}

/** Sums the follower's counts of each shard. Counts the conversations of shards that the follower has not built yet. */
export class PostgresTotals implements TotalsStore {
  constructor(
    private readonly database: ShardedDatabase,
    private readonly countedMax = countedUsersMax,
  ) {}

  async read(): Promise<TotalCounts> {
    const parts = await this.database.everywhere(
      (sql) => sql<TotalsRow[]>`
        WITH here AS (SELECT shard FROM served_shards),
          kept AS (
            SELECT t.shard, t.messages, t.direct_conversations, t.groups, t.channels
            FROM here JOIN totals t USING (shard)
              JOIN follower_progress p ON p.shard = t.shard AND p.follower = ${totalsFollower}
          ),
          counted AS (
            SELECT ${countsOf(sql)} FROM conversations
            WHERE shard IN (SELECT shard FROM here EXCEPT SELECT shard FROM kept)
          ),
          parts AS (
            SELECT messages, direct_conversations, groups, channels FROM kept UNION ALL SELECT * FROM counted
          )
        SELECT CASE WHEN estimated > ${this.countedMax} THEN estimated
            ELSE (SELECT count(*) FROM users JOIN here USING (shard)) END AS users, estimated AS estimated_users,
          sum(messages)::bigint AS messages, sum(direct_conversations)::bigint AS direct_conversations,
          sum(groups)::bigint AS groups, sum(channels)::bigint AS channels,
          pg_database_size(current_database()) AS database_bytes
        FROM parts, (SELECT reltuples::bigint AS estimated FROM pg_class WHERE oid = 'users'::regclass) AS statistics
        GROUP BY estimated`,
    );
    const sum = (column: keyof TotalsRow) => parts.flat().reduce((total, row) => total + row[column], 0);
    const [directConversations, groups, channels] = [sum('direct_conversations'), sum('groups'), sum('channels')];
    const conversations = directConversations + groups + channels;
    const byKind = { directConversations, groups, channels };
    const isEstimated = parts.flat().some((row) => row.estimated_users > this.countedMax);
    return {
      ...{ users: sum('users'), ...(isEstimated && { usersEstimated: true as const }) },
      ...{ conversations, ...byKind, messages: sum('messages') },
      databaseBytes: sum('database_bytes'),
    };
  }

  async add(changes: readonly TotalsChange[]): Promise<void> {
    const found = await this.database.atEachShard(
      changes,
      ({ change }) => change.partition,
      (sql, group) => addIn(sql, group),
    );
    const count = found.flat().reduce((sum, row) => sum + row.count, 0);
    checkMoved(totalsFollower, count, changes.length);
  }

  async rebuild(partition: number): Promise<void> {
    await this.database.inShard(
      partition,
      (sql, shard) => sql`
        WITH ${beUpToDate(sql, totalsFollower, shard)}
        INSERT INTO totals (shard, messages, direct_conversations, groups, channels)
        SELECT writable(${shard}), counted.* FROM (
          SELECT ${countsOf(sql)} FROM conversations WHERE shard = ${shard}
        ) AS counted
        ON CONFLICT (shard) DO UPDATE SET messages = excluded.messages,
          direct_conversations = excluded.direct_conversations, groups = excluded.groups, channels = excluded.channels`,
    );
  }
}

/** Counts conversations, in the column order of `totals`. */
export function countsOf(sql: Sql) {
  return sql`
    coalesce(sum(message_count), 0)::bigint AS messages,
    count(*) FILTER (WHERE kind = 'direct' AND NOT closed) AS direct_conversations,
    count(*) FILTER (WHERE kind = 'group' AND NOT closed) AS groups,
    count(*) FILTER (WHERE kind = 'channel' AND NOT closed) AS channels`;
}

/** A conversation counts from its first entry until the entry with which its last member leaves. */
function addIn(sql: Sql, group: readonly TotalsChange[]) {
  const rows = group.map(({ change, messages }) => ({ ...changeRow(change), messages }));
  const notices = group.flatMap(({ change, notices: records }) =>
    records.map(({ conversationId, seq }) => ({ shard: change.partition, conversation_id: conversationId, seq })),
  );
  const given = sql`json_to_recordset(${json(sql, rows)})
    AS g (shard smallint, epoch text, log_id text, applied_to bigint, next_to bigint, messages bigint)`;
  return sql<{ count: number }[]>`
    WITH ${moved(sql, totalsFollower, rows, given)},
      opened AS (
        SELECT c.shard, c.kind, sum((n.seq = 1)::int - (c.closed AND c.head_seq = n.seq)::int) AS count
        FROM json_to_recordset(${json(sql, notices)}) AS n (shard smallint, conversation_id text, seq bigint)
          JOIN conversations c ON c.shard = n.shard AND c.id = n.conversation_id
        GROUP BY 1, 2
      ),
      by_shard AS (
        SELECT m.shard, g.messages,
          coalesce(sum(count) FILTER (WHERE kind = 'direct'), 0) AS direct_conversations,
          coalesce(sum(count) FILTER (WHERE kind = 'group'), 0) AS groups,
          coalesce(sum(count) FILTER (WHERE kind = 'channel'), 0) AS channels
        FROM moved m JOIN given g USING (shard) LEFT JOIN opened o USING (shard) GROUP BY 1, 2
      ),
      added AS (
        UPDATE totals t SET (messages, direct_conversations, groups, channels) = (
            t.messages + b.messages, t.direct_conversations + b.direct_conversations, t.groups + b.groups,
            t.channels + b.channels
          )
        FROM by_shard b WHERE t.shard = b.shard
      )
    SELECT count(*) AS count FROM moved`;
}
