import { commandsTopic, Topics } from '../adapters/kafka/topics.ts';
import type { ShardedDatabase } from '../adapters/postgres/sharded-database.ts';
import { type ClusterConfig, kafkaSettings } from './cluster.ts';
import { logState, type PartitionState } from './log-state.ts';

const newLogRemedy =
  'stop the distributors, delete the topic, and create it again with "parley cluster init"; ' +
  'the data in PostgreSQL stays';

/** Finds the partitions whose log lacks commands after the position up to which they were decided. */
export async function logFaults(config: ClusterConfig, database: ShardedDatabase): Promise<string[]> {
  const topics = new Topics(kafkaSettings(config));
  try {
    const topic = commandsTopic(config['cluster-name']);
    const states = await logState(topics, database, config['cluster-name']);
    if (states.length === 0) return [`there is no topic ${topic}: create it with "parley cluster init"`];
    return states.flatMap((state) => {
      const fault = faultOf(state);
      return fault === null ? [] : [`topic ${topic}, partition ${state.partition}: ${fault}`];
    });
  } finally {
    await topics.close();
  }
}

function faultOf({ beginning, end, done, decided }: PartitionState): string | null {
  const furthest = Math.max(done, decided ?? 0);
  if (furthest > end) return `the distributors are at ${furthest}, but the log ends at ${end}: ${newLogRemedy}`;
  const next = Math.min(done, decided ?? done);
  if (next >= beginning) return null;
  return (
    `the distributors are at ${next}, but the log begins at ${beginning}: restore PostgreSQL to a later moment; or, ` +
    'to continue without the missing commands, stop the distributors and run "parley cluster accept-loss"'
  );
}
