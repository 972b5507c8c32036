import type { SearchPosition } from '../../platform/search-position.ts';
import type { ShardedDatabase } from './sharded-database.ts';

/** The end of a prefix's range: no term that starts with it is larger. */
const rangeEnd = '\u{10ffff}';

/** What starts with `prefix` is from it up to here. */
export function endOfPrefix(prefix: string): string {
  return prefix + rangeEnd;
}

interface Found<Row> {
  subject: Row;
  term: string;
}

/**
 * Subjects by the start of a term, each once, by (term, id): a term counts only when the subject has no smaller one
 * in the range. Every step of it is a range of an index, and a page starts where the one before ended. Each server
 * gives its first ones, of which the first of all are taken.
 */
export async function foundByTerm<Row extends { id: string }>(
  database: ShardedDatabase,
  tables: { terms: string; id: string; subjects: string; hidden: string },
  { prefix, after, limit }: { prefix: string; after: SearchPosition | null; limit: number },
): Promise<Found<Row>[]> {
  const from = after ?? { term: '', id: '' };
  const parts = await database.everywhere((sql) => {
    const id = sql(tables.id);
    const terms = sql(tables.terms);
    return sql<Found<Row>[]>`
      SELECT to_json(s) AS subject, t.term
      FROM ${terms} t JOIN ${sql(tables.subjects)} s ON s.shard = t.shard AND s.id = t.${id}
      WHERE t.term >= ${prefix} AND t.term < ${endOfPrefix(prefix)} AND (t.term, t.${id}) > (${from.term}, ${from.id})
        AND NOT s.${sql(tables.hidden)}
        AND EXISTS (SELECT FROM served_shards s WHERE s.shard = t.shard)
        AND NOT EXISTS (
          SELECT FROM ${terms} other
          WHERE other.shard = t.shard AND other.${id} = t.${id} AND other.term >= ${prefix} AND other.term < t.term
        )
      ORDER BY t.term, t.${id} LIMIT ${limit}`;
  });
  return firstOfAll(parts.flat(), limit, (a, b) => compare(a.term, b.term) || compare(a.subject.id, b.subject.id));
}

/** The first `limit` of what several servers gave, each once: a shard that is going over can show at both. */
export function firstOfAll<Row>(rows: Row[], limit: number, order: (a: Row, b: Row) => number): Row[] {
  return rows
    .toSorted(order)
    .filter((row, index, all) => {
      const before = all[index - 1];
      return before === undefined || order(before, row) !== 0;
    })
    .slice(0, limit);
}

/** By code points, as the database compares. */
export function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
