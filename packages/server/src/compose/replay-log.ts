import { distributionGroup } from '../adapters/kafka/command-log.ts';
import { commandsTopic } from '../adapters/kafka/topics.ts';
import { Unusable } from '../platform/failures.ts';
import { type ClusterConfig, openServices } from './cluster.ts';

/**
 * Has the distributors begin again with the commands of the last while, of the shards on certain PostgreSQL servers:
 * what those servers have is answered with the entries that it has (contract 2), and what a restore took from them is
 * carried out again, in its order. Returns how many commands that are.
 *
 * @throws {Unusable} while a distributor runs, for a server that there is not, and when the log doesn't reach back so
 *   far.
 */
export async function replayLog(
  config: ClusterConfig,
  { sinceMs, servers }: { sinceMs: number; servers: readonly string[] },
): Promise<number> {
  const unknown = servers.find((server) => !config.postgres.some(({ name }) => name === server));
  if (unknown !== undefined) throw new Unusable(`there is no PostgreSQL server ${unknown} in --postgres`);
  const services = await openServices(config);
  try {
    const { database } = services;
    const { positions } = services.topics;
    const [group, topic] = [distributionGroup(config['cluster-name']), commandsTopic(config['cluster-name'])];
    if ((await positions.members(group)) > 0) {
      throw new Unusable('a distributor runs: stop all of them first, wait until they have left their group');
    }
    // A conversation's shard is its partition.
    const shards = Array.from({ length: database.shards }, (_, shard) => shard);
    const partitions = shards.filter((shard) => servers.includes(database.serverOf(shard)));
    const [since, beginnings, ends] = await Promise.all([
      positions.since(topic, partitions, sinceMs),
      positions.beginnings(topic, partitions),
      positions.ends(topic, partitions),
    ]);
    const from = (partition: number) => since.get(partition) ?? ends.get(partition) ?? 0n;
    const tooLate = partitions.find((partition) => {
      const first = beginnings.get(partition) ?? 0n;
      return first > 0n && from(partition) <= first;
    });
    if (tooLate !== undefined) {
      throw new Unusable(
        `partition ${tooLate} of topic ${topic} does not reach back to ${new Date(sinceMs).toISOString()}`,
      );
    }
    let commands = 0n;
    for (const partition of partitions) {
      await positions.commit(group, topic, partition, from(partition));
      commands += (ends.get(partition) ?? 0n) - from(partition);
    }
    return Number(commands);
  } finally {
    await services.close();
  }
}
