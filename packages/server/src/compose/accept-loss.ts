import { distributionGroup } from '../adapters/kafka/command-log.ts';
import { commandsTopic } from '../adapters/kafka/topics.ts';
import { epochsOfShards, setEpochs } from '../adapters/postgres/epochs.ts';
import { skipTo } from '../adapters/postgres/log-positions.ts';
import { Unusable } from '../platform/failures.ts';
import { type ClusterConfig, type ClusterServices, openServices } from './cluster.ts';
import { logState, type PartitionState } from './log-state.ts';
import { verifyCluster } from './verify-cluster.ts';

/** A shard that permanently went back to an earlier state. */
export interface AcceptedLoss {
  shard: number;
  server: string;
  epoch: string;
  /** The number of commands that the log no longer holds; null when it is unknown. */
  commandsLost: number | null;
}

/**
 * Accepts that PostgreSQL servers went back to an earlier state whose missing commands the command log does not hold:
 * the servers with such a shard, and the named ones. All their shards get a new epoch, which tells clients to read
 * again, and continue with the commands that the log holds. Safe to repeat after an interruption.
 *
 * @throws {Unusable} when distributors run, when a name is unknown, or when no shard lacks commands.
 */
export async function acceptLoss(
  config: ClusterConfig,
  { servers, tell }: { servers: readonly string[]; tell(line: string): void },
): Promise<AcceptedLoss[]> {
  const names = config.postgres.map(({ name }) => name);
  const unknown = servers.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Unusable(`there is no PostgreSQL server ${unknown}; --postgres names ${names.join(', ')}`);
  }
  const services = await openServices(config);
  try {
    const { database, topics, redis } = services;
    const group = distributionGroup(config['cluster-name']);
    if ((await topics.positions.members(group)).length > 0) {
      throw new Unusable('distributors are running: stop them first, and start them afterwards');
    }
    const states = await logState(topics, database, config['cluster-name']);
    const dropped = states.filter((state) => lostCommands(state) > 0);
    const shards = concerned(services, servers, dropped);
    // This happens before new entries are numbered: a read position beyond the head would hide new entries.
    await verifyCluster(config, { repair: true, tell });
    await setEpochs(database, shards);
    // Before the positions move, because afterwards a repeated call finds no loss. Edges forget the numbers that they have
    // sent; no entry is numbered until the distributors are started.
    await redis.beginGeneration();
    for (const { partition, beginning, decided } of dropped) {
      // The position in PostgreSQL is last: by it, a repeated call finds what is left to do.
      await topics.positions.commit(group, commandsTopic(config['cluster-name']), partition, BigInt(beginning));
      await skipTo(database, partition, { from: decided ?? 0, to: beginning });
    }
    const epochs = await epochsOfShards(database);
    const lost = new Map(dropped.map((state) => [state.partition, lostCommands(state)]));
    return shards.map((shard) => ({
      ...{ shard, server: database.serverOf(shard), epoch: epochs.get(shard) ?? '' },
      commandsLost: lost.get(shard) ?? null,
    }));
  } finally {
    await services.close();
  }
}

function concerned(
  { database }: ClusterServices,
  servers: readonly string[],
  dropped: readonly PartitionState[],
): number[] {
  const restored = new Set([...servers, ...dropped.map(({ partition }) => database.serverOf(partition))]);
  const shards = Array.from({ length: database.shards }, (_, shard) => shard).filter((shard) =>
    restored.has(database.serverOf(shard)),
  );
  if (shards.length > 0) return shards;
  throw new Unusable(
    'the command log has everything that the shards are known to lack: start the distributors. ' +
      'If the log was deleted and created again, name the PostgreSQL servers that were restored to an earlier moment',
  );
}

/** The number of commands between PostgreSQL's position and the oldest record of the log. */
function lostCommands({ beginning, decided }: PartitionState): number {
  return decided === null ? 0 : Math.max(0, beginning - decided);
}
