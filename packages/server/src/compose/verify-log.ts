import { distributionGroup } from '../adapters/kafka/command-log.ts';
import { commandsTopic, Topics } from '../adapters/kafka/topics.ts';
import { type ClusterConfig, kafkaSettings } from './cluster.ts';

/** How far the distributors are in the log of commands, where that is beyond what the log has. */
export async function logFaults(config: ClusterConfig): Promise<string[]> {
  const topics = new Topics(kafkaSettings(config));
  try {
    const topic = commandsTopic(config['cluster-name']);
    const partitions = await topics.partitionsOf(topic);
    if (partitions.length === 0) return [`there is no topic ${topic}: make it with "parley cluster init"`];
    const { positions } = topics;
    // Positions first: a log grows meanwhile, and is never found shorter than it was.
    const done = await positions.committed(distributionGroup(config['cluster-name']), topic, partitions);
    const ends = await positions.ends(topic, partitions);
    const beginnings = await positions.beginnings(topic, partitions);
    return Array.from(done).flatMap(([partition, offset]) => {
      const [first, end] = [beginnings.get(partition) ?? 0n, ends.get(partition) ?? 0n];
      const start = `topic ${topic}, partition ${partition}: the distributors are at ${offset}`;
      if (offset > end) {
        return [
          `${start}, but the log ends at ${end}: commands may be skipped; ` +
            'stop the distributors and use "parley cluster replay", which finds their place in the log',
        ];
      }
      return offset < first ? [`${start}, but the log begins at ${first}: the commands between are lost`] : [];
    });
  } finally {
    await topics.close();
  }
}
