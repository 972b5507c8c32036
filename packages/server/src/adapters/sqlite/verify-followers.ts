import type { Relation } from './verify-relations.ts';

const reset = 'run "parley followers reset totals"';

/** The progress of `totals`, if it has the current epoch and the position of the store. */
const current = `follower_progress p
  WHERE p.follower = 'totals' AND p.epoch = (SELECT epoch FROM epoch) AND p.set_aside = 0
    AND p.applied_to = (SELECT coalesce(max(decided_to), 0) FROM feed)`;

const counts = {
  messages: '(SELECT coalesce(sum(message_count), 0) FROM conversations)',
  direct_conversations: open('direct'),
  groups: open('group'),
  channels: open('channel'),
};

function open(kind: string): string {
  return `(SELECT count(*) FROM conversations WHERE kind = '${kind}' AND NOT closed)`;
}

/** The invariants of the feed, of the followers' progress, and of the totals. */
export const followerRelations: readonly Relation[] = [
  {
    query: `SELECT 'the feed up to ' || decided_to || ' cannot be read' AS fault FROM feed WHERE NOT json_valid(records)`,
    remedy: reset,
  },
  {
    query: `SELECT 'the feed lacks the records from ' || before || ' to ' || begins AS fault FROM (
        SELECT decided_to - json_array_length(iif(json_valid(records), records, '[]')) AS begins,
          lag(decided_to, 1, 0) OVER (ORDER BY decided_to) AS before,
          row_number() OVER (ORDER BY decided_to) AS place
        FROM feed
      ) WHERE begins < before OR (begins > before AND place > 1)`,
    remedy: reset,
  },
  {
    query: `SELECT 'follower ' || follower || ' is at ' || applied_to || ', after the end of the feed' AS fault
      FROM follower_progress WHERE applied_to < 0 OR applied_to > (SELECT coalesce(max(decided_to), 0) FROM feed)`,
    remedy: reset,
  },
  {
    query: `SELECT 'the set-aside records of follower ' || follower || ' cannot be read' AS fault
      FROM follower_progress WHERE set_aside < 0 OR NOT json_valid(newest_set_aside)`,
    remedy: reset,
  },
  ...Object.entries(counts).map(([column, count]) => ({
    query: `SELECT 'the totals have ${column} ' || coalesce(t.${column}, 'missing') || ', the conversations have ' || ${count}
        AS fault
      FROM ${current.replace('follower_progress p', 'follower_progress p LEFT JOIN totals t')}
        AND t.${column} IS NOT ${count}`,
    remedy: reset,
  })),
];
