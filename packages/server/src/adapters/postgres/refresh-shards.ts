import type { ShardedDatabase } from './sharded-database.ts';

/** A subject, and whether its terms were written with this version's folding. */
export interface MarkedRow<Row> {
  id: string;
  subject: Row;
  is_marked: boolean;
}

/**
 * Examines the next `limit` subjects of a shard, or of the next shard after its last one, and writes the terms of those
 * that are not marked. The position is the shard and the last id examined there.
 */
export async function refreshShards<Row>(
  database: ShardedDatabase,
  { after, limit }: { after: string | null; limit: number },
  read: (shard: number, afterId: string) => Promise<MarkedRow<Row>[]>,
  write: (row: Row) => Promise<unknown>,
): Promise<string | null> {
  const [first = '0', afterId = ''] = after === null ? [] : after.split(' ');
  const shard = Number(first);
  const page = await read(shard, afterId);
  for (const { subject, is_marked } of page) if (!is_marked) await write(subject);
  if (page.length === limit) return `${shard} ${page.at(-1)?.id}`;
  return shard + 1 < database.shards ? `${shard + 1} ` : null;
}
