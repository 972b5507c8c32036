import { distributionGroup } from '../adapters/kafka/command-log.ts';
import { commandsTopic, type Topics } from '../adapters/kafka/topics.ts';
import { decidedPositions } from '../adapters/postgres/log-positions.ts';
import type { ShardedDatabase } from '../adapters/postgres/sharded-database.ts';

/** A partition of the log of commands, and how far it is carried out. Positions are those of its records. */
export interface PartitionState {
  partition: number;
  /** The oldest record that the log still has. */
  beginning: number;
  /** Where the next record will be. */
  end: number;
  /** Up to where the distributors are done, deliveries included. */
  done: number;
  /** Up to where PostgreSQL has what was decided of this very log; null when it has nothing of it. */
  decided: number | null;
}

/** Rejects with {@link Unavailable}. A log that isn't there has no partitions. */
export async function logState(
  topics: Topics,
  database: ShardedDatabase,
  clusterName: string,
): Promise<PartitionState[]> {
  const topic = commandsTopic(clusterName);
  const { partitions, id } = await topics.partitionsAndId(topic);
  if (partitions.length === 0) return [];
  // The log last: it grows meanwhile, and is never found shorter than it was.
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

/** How many commands of the partition wait to be carried out, again or for the first time. */
export function waitingIn({ end, done, decided }: PartitionState): number {
  return Math.max(0, end - Math.min(done, decided ?? done));
}
