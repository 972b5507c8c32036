import type { PartName } from './parts.ts';

/** The names of the parts in the document. */
export const roleNames: Record<PartName, string> = {
  edge: 'edges (`gateway`, `messaging`)',
  distributor: 'distributors',
  follower: 'followers',
  PostgreSQL: 'PostgreSQL, with a standby each',
  Kafka: 'Kafka brokers',
  Redis: 'Redis, with a replica each',
  HAProxy: 'HAProxy',
};

/** What of a part was measured, and what is extrapolated. */
export const bases: Record<PartName, string> = {
  edge: 'cost of a message, a connection and an idle process measured with two; further recipients and the number of edges extrapolated',
  distributor: 'cost of a message measured with one; further recipients and the number of distributors extrapolated',
  follower: 'cost of a message measured with one process; that several share the partitions is tested, not measured',
  PostgreSQL: 'cost and bytes of a message measured on one server; the standby is assumed to need the same machine',
  Kafka: 'cost and bytes measured with three replicas on three brokers of one machine; their number extrapolated',
  Redis:
    'cost of commands and bytes measured on one server; their number, and the cost of a message on several, extrapolated',
  HAProxy: 'cost of a frame measured without TLS; TLS is assumed',
};
