import { assumptions } from './assumptions.ts';
import type { Load } from './load.ts';
import { type Part, type PartName, redisLeasesUs } from './parts.ts';
import { toRecipients, type Units } from './units.ts';

/** Something of which there is only one, or a bounded number, however many machines there are. */
export interface Limit {
  what: string;
  /** Of the limit, at this load; above 1 the load can't be carried. */
  used: number;
  remedy: string;
}

export function limitsOf(units: Units, load: Load, parts: Record<PartName, Part>): Limit[] {
  const { edge, distributor, follower, PostgreSQL, Kafka } = parts;
  const perMessageUs = toRecipients(units.distributorMessageUs, load.recipients);
  const processes = edge.processes + distributor.processes + follower.processes;
  const partitions = (2 * load.shards + edge.processes + 1) * assumptions.kafkaReplicas.value;
  const limits: Limit[] = [
    {
      what: 'Redis: every server has the leases of all edges, on its one thread',
      used: redisLeasesUs(edge.processes) / 1e6,
      remedy: 'fewer edges with more connections each; leases renewed less often',
    },
    {
      what: 'distributors: at most one for each shard',
      used: distributor.processes / load.shards,
      remedy: 'more shards, chosen when the cluster is created',
    },
    {
      what: 'a shard: one distributor decides its messages',
      used: ((load.messages / load.shards) * perMessageUs) / 1e6,
      remedy: 'more shards, chosen when the cluster is created',
    },
    {
      what: 'PostgreSQL: at most one server for each shard',
      used: PostgreSQL.processes / load.shards,
      remedy: 'more shards, or larger disks',
    },
    {
      what: 'PostgreSQL: connections of all processes to each server',
      used: (processes * assumptions.postgresConnections.value) / assumptions.postgresConnectionsMax.value,
      remedy: 'a lower `--postgres-connections`',
    },
    {
      what: 'Kafka: partition replicas on each broker, of which each edge has a topic',
      used: partitions / Kafka.machines / assumptions.kafkaPartitions.value,
      remedy: 'more brokers, or fewer edges with more connections each',
    },
  ];
  return limits.toSorted((one, other) => other.used - one.used);
}
