import { byPosition, endOfPrefix, firstOfAll, type SearchQuery } from '../../platform/search-position.ts';
import type { ShardedDatabase } from './sharded-database.ts';

interface SearchedTables {
  terms: string;
  id: string;
  subjects: string;
  hidden: string;
}

interface Found<Row> {
  subject: Row;
  term: string;
}

/**
 * Subjects by prefixes of a term, each once, in the order of (term, id): a term counts only when its subject has no
 * smaller one in the ranges of the prefixes. Every part is an index range, and a page starts where the previous one
 * ended. Each server returns the first rows of each range; the first of all are taken.
 */
export async function foundByTerm<Row extends { id: string }>(
  database: ShardedDatabase,
  tables: SearchedTables,
  query: SearchQuery,
): Promise<Found<Row>[]> {
  const parts = await Promise.all(query.prefixes.map((prefix) => inRange<Row>(database, tables, prefix, query)));
  return firstOfAll(parts.flat(2), query.limit, (a, b) => byPosition(positionOf(a), positionOf(b)));
}

function positionOf({ subject, term }: Found<{ id: string }>) {
  return { term, id: subject.id };
}

function inRange<Row extends { id: string }>(
  database: ShardedDatabase,
  tables: SearchedTables,
  prefix: string,
  { prefixes, after, limit }: SearchQuery,
): Promise<Found<Row>[][]> {
  const from = after ?? { term: '', id: '' };
  const other = prefixes.find((each) => each !== prefix) ?? prefix;
  return database.everywhere((sql) => {
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
        AND NOT EXISTS (
          SELECT FROM ${terms} other
          WHERE other.shard = t.shard AND other.${id} = t.${id}
            AND other.term >= ${other} AND other.term < least(${endOfPrefix(other)}, t.term)
        )
      ORDER BY t.term, t.${id} LIMIT ${limit}`;
  });
}
