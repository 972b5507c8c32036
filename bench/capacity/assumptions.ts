/** What is neither measured nor an option: limits and settings of the product and its services. */
export const assumptions = {
  presenceReadSeconds: {
    value: 20,
    what: 'seconds after which an edge reads the presence of everybody whom it watches again (`messaging/presence-watch.ts`)',
  },
  redisDivided: {
    value: 3,
    what: 'cost of a message on several Redis servers, by that on one, because hardly two recipients are looked up together; the table of processes below has 1.8 to 2.7 times at a low rate, where that is so on one server',
  },
  redisEdgeUs: {
    value: 100,
    what: 'µs/s of each Redis server for the lease of each edge; not measured',
  },
  conversationMessages: {
    value: 1_000,
    what: 'messages a second to one conversation, a rate limit (`gateway/rate-limit-rules.ts`)',
  },
  kafkaReplicas: { value: 3, what: 'replicas of each topic (`--replication-factor` of `parley cluster init`)' },
  kafkaRetentionDays: { value: 7, what: 'days that commands and feed are kept (`adapters/kafka/topics.ts`)' },
  kafkaMailboxMinutes: { value: 10, what: 'minutes that mailboxes are kept (`adapters/kafka/topics.ts`)' },
  kafkaPartitions: { value: 4_000, what: 'partition replicas on one broker, a common recommendation for Kafka' },
  postgresConnections: {
    value: 12,
    what: 'connections of a process to each PostgreSQL server (`--postgres-connections` and 2)',
  },
  postgresConnectionsMax: { value: 5_000, what: '`max_connections` of a PostgreSQL server, with 10 MB for each' },
  postgresCopies: { value: 2, what: 'copies of each PostgreSQL server: one standby' },
  heartbeatBytes: { value: 60, what: 'bytes of a heartbeat and its answer, every 10 s on each connection' },
  spareMachines: { value: 1, what: 'machines of each role that may fail at the peak' },
  hoursPerMonth: { value: 730, what: 'hours in a month' },
  tlsFactor: { value: 2, what: 'processor time of HAProxy with TLS, by that without; not measured' },
} as const;
