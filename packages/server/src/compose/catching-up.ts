import { commandsTopic, type Topics } from '../adapters/kafka/topics.ts';
import { decidedPosition } from '../adapters/postgres/log-positions.ts';
import type { ShardedDatabase } from '../adapters/postgres/sharded-database.ts';
import type { IsCatchingUp } from '../history/history-port.ts';

/** After a restore, many clients ask at the same time; Kafka is queried at most this often. */
const keptMs = 500;

interface LogEnd {
  logId: string | null;
  end: number;
}

/** Compares the position up to which PostgreSQL has the commands of a shard with the end of Kafka's log. */
export function isCatchingUpByLog(database: ShardedDatabase, topics: Topics, clusterName: string): IsCatchingUp {
  const topic = commandsTopic(clusterName);
  const kept = new Map<number, { asOfMs: number; end: Promise<LogEnd> }>();
  const ask = async (partition: number): Promise<LogEnd> => {
    const { id } = await topics.partitionsAndId(topic);
    const ends = await topics.positions.ends(topic, [partition]);
    return { logId: id, end: Number(ends.get(partition) ?? 0n) };
  };
  const endOf = (partition: number): Promise<LogEnd> => {
    const known = kept.get(partition);
    const asOfMs = performance.now();
    if (known && asOfMs - known.asOfMs < keptMs) return known.end;
    const end = ask(partition);
    kept.set(partition, { asOfMs, end });
    end.catch(() => kept.delete(partition));
    return end;
  };
  return async (conversationId) => {
    const shard = database.shardOf(conversationId);
    const [decided, { logId, end }] = await Promise.all([decidedPosition(database, shard), endOf(shard)]);
    return decided?.logId === logId && decided.to < end;
  };
}
