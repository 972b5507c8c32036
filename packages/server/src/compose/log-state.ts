import { distributionGroup } from '../adapters/kafka/command-log.ts';
import { commandsTopic, type Topics } from '../adapters/kafka/topics.ts';
import { decidedPositions } from '../adapters/postgres/log-positions.ts';
import type { ShardedDatabase } from '../adapters/postgres/sharded-database.ts';

/** A partition of the command log and its progress, as positions of records. */
export interface PartitionState {
  partition: number;
  /** The oldest record that the log still holds. */
  beginning: number;
  /** The position of the next record. */
  end: number;
  /** The position up to which distributors have finished, deliveries included. */
  done: number;
  /** The position up to which PostgreSQL has decided this log; null when it has no position of this log. */
  decided: number | null;
}

/** Rejects with {@link Unavailable}. A log that does not exist has no partitions. */
export async function logState(
  topics: Topics,
  database: ShardedDatabase,
  clusterName: string,
): Promise<PartitionState[]> {
  const topic = commandsTopic(clusterName);
  const { partitions, id } = await topics.partitionsAndId(topic);
  if (partitions.length === 0) return [];
  // The end of the log is read last: the log grows meanwhile, so it is never behind the other positions.
  const decided = await decidedPositions(database);
  const done = await topics.positions.committed(distributionGroup(clusterName), topic, partitions);
  const ends = await topics.positions.ends(topic, partitions);
  const beginnings = await topics.positions.beginnings(topic, partitions);
  return partitions.map((partition) => {
    const beginning = Number(beginnings.get(partition) ?? 0n);
    const known = decided.get(partition);
    return {
      ...{ partition, beginning, end: Number(ends.get(partition) ?? 0n) },
      done: Number(done.get(partition) ?? beginning),
      decided: known?.logId === id ? known.to : null,
    };
  });
}

/** The number of commands of the partition that have to be carried out, for the first time or again. */
export function waitingIn({ end, done, decided }: PartitionState): number {
  return Math.max(0, end - Math.min(done, decided ?? done));
}
