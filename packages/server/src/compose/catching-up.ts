import { commandsTopic, type Topics } from '../adapters/kafka/topics.ts';
import { decidedPositionsOf } from '../adapters/postgres/log-positions.ts';
import type { ShardedDatabase } from '../adapters/postgres/sharded-database.ts';
import type { FindCatchingUp } from '../history/history-port.ts';

/** After a restore, many clients ask at the same time; Kafka is queried at most this often for a partition. */
const keptMs = 500;

/** The end of each partition's log, and the id of the log. */
interface LogEnds {
  logId: string | null;
  ends: Map<number, bigint>;
}

/** Compares the position up to which PostgreSQL has the commands of a shard with the end of Kafka's log. */
export function catchingUpByLog(database: ShardedDatabase, topics: Topics, clusterName: string): FindCatchingUp {
  const ends = new KeptLogEnds(topics, commandsTopic(clusterName));
  return async (conversationIds) => {
    const shards = database.shardsOf(conversationIds);
    const [decided, endOf] = await Promise.all([decidedPositionsOf(database, shards), ends.of(shards)]);
    const isBehind = (shard: number) => {
      const [known, end] = [decided.get(shard), endOf.get(shard)];
      return known !== undefined && known.logId === end?.logId && known.to < end.position;
    };
    return new Set(conversationIds.filter((id) => isBehind(database.shardOf(id))));
  };
}

/** The ends of the partitions of a topic, each read again after {@link keptMs}: those that are due in one query. */
class KeptLogEnds {
  private readonly kept = new Map<number, { asOfMs: number; read: Promise<LogEnds> }>();

  constructor(
    private readonly topics: Topics,
    private readonly topic: string,
  ) {}

  async of(partitions: readonly number[]): Promise<Map<number, { logId: string | null; position: number }>> {
    const asOfMs = performance.now();
    const reads = new Map<number, Promise<LogEnds>>();
    for (const partition of partitions) {
      const kept = this.kept.get(partition);
      if (kept && asOfMs - kept.asOfMs < keptMs) reads.set(partition, kept.read);
    }
    const due = partitions.filter((partition) => !reads.has(partition));
    if (due.length > 0) {
      const read = this.keep(due, asOfMs);
      for (const partition of due) reads.set(partition, read);
    }
    const found = await Promise.all(
      Array.from(reads, async ([partition, read]) => {
        const { logId, ends } = await read;
        return [partition, { logId, position: Number(ends.get(partition) ?? 0n) }] as const;
      }),
    );
    return new Map(found);
  }

  private keep(partitions: readonly number[], asOfMs: number): Promise<LogEnds> {
    const read = this.read(partitions);
    for (const partition of partitions) this.kept.set(partition, { asOfMs, read });
    read.catch(() => {
      // A later read may have replaced this one.
      for (const partition of partitions) if (this.kept.get(partition)?.read === read) this.kept.delete(partition);
    });
    return read;
  }

  private async read(partitions: readonly number[]): Promise<LogEnds> {
    const { id } = await this.topics.partitionsAndId(this.topic);
    return { logId: id, ends: await this.topics.positions.ends(this.topic, [...partitions]) };
  }
}
