import { BadRequest, type Row } from '../scenario.ts';

interface UnitDefinition {
  unit: string;
  what: string;
}

const define = <Name extends string>(units: Record<Name, UnitDefinition>) => units;

/** What a cluster uses for each unit of work. `measurements.ts` measures them. */
export const unitDefinitions = define({
  edgeMessageUs: {
    unit: 'µs',
    what: 'edges: a message between two people on different edges, from frame to ack and both entries',
  },
  edgeBroadcastUs: { unit: 'µs', what: 'edge: a delivery of an entry of a channel, of which the edge has one copy' },
  edgeConnectionUs: { unit: 'µs/s', what: 'edge: a connection on which nothing happens but heartbeats' },
  edgeIdleUs: { unit: 'µs/s', what: 'edge: a process without a message' },
  edgeConnectionBytes: { unit: 'bytes', what: 'edge: memory of a connection' },
  edgeBytes: { unit: 'bytes', what: 'edge: memory of a process without connections' },
  distributorMessageUs: { unit: 'µs', what: 'distributor: deciding and routing a message between two people' },
  distributorCopyUs: { unit: 'µs', what: 'distributor: a copy for one more edge' },
  distributorIdleUs: { unit: 'µs/s', what: 'distributor: a process without a message' },
  followerMessageUs: { unit: 'µs', what: 'followers: a message' },
  followerIdleUs: { unit: 'µs/s', what: 'followers: a process without a message' },
  postgresMessageUs: { unit: 'µs', what: 'PostgreSQL: a message' },
  postgresLogBytes: { unit: 'bytes', what: 'PostgreSQL: write-ahead log of a message' },
  postgresStoredBytes: { unit: 'bytes', what: 'PostgreSQL: a stored message with its indexes' },
  memberBytes: { unit: 'bytes', what: 'PostgreSQL: a member of a channel, with indexes' },
  kafkaMessageUs: { unit: 'µs', what: 'Kafka, all three replicas: command, feed and two copies of a message' },
  kafkaMessageBytes: { unit: 'bytes', what: 'Kafka, one replica: command and feed of a message' },
  kafkaCopyBytes: { unit: 'bytes', what: 'Kafka, one replica: a copy for one recipient' },
  redisMessageUs: { unit: 'µs', what: 'Redis: rate limits of a message between two people, and looking them up' },
  redisLookUpUs: { unit: 'µs', what: 'Redis: reading the presence of one person, 1,000 at a time' },
  redisUserBytes: { unit: 'bytes', what: 'Redis: memory of a connected person' },
  redisWatchBytes: { unit: 'bytes', what: 'Redis: memory for one person whose presence one edge watches' },
  proxyFrameUs: { unit: 'µs', what: 'HAProxy, without TLS: a frame in either direction' },
  sentBytes: { unit: 'bytes', what: 'a client sends for a message' },
  receivedBytes: { unit: 'bytes', what: 'a client receives for an entry' },
});

export type UnitName = keyof typeof unitDefinitions;
/** The values of all units. */
export type Units = Readonly<Record<UnitName, number>>;

/** Where a figure is from. */
export interface Origin {
  command: string;
  machine: string;
  date: string;
  revision: string;
  /** What other programs used of a core meanwhile, if the scenario measures it. */
  othersPercent?: number;
}

/** The contents of `measured.json`. */
export interface Measured {
  units: Record<UnitName, { value: number } & Origin>;
  /** The check that costs do not rise with the number of processes, and a channel with many offline members. */
  checks: Record<string, { rows: Row[] } & Origin>;
}

export const unitNames = Object.keys(unitDefinitions) as UnitName[];
/** The length of the texts with which sizes are measured. */
export const measuredTextBytes = 200;

export function valuesOf({ units }: Measured): Units {
  const missing = unitNames.filter((name) => units[name] === undefined);
  if (missing.length > 0) {
    throw new BadRequest(`nothing has measured ${missing.join(', ')} yet: \`npm run capacity -- --measure\``);
  }
  return Object.fromEntries(unitNames.map((name) => [name, units[name].value])) as unknown as Units;
}

/**
 * The cost of a message to as many connections, from that of one between two people. A further recipient costs at most
 * half of that, because a message to two also has to be received, decided and acknowledged.
 */
export function toRecipients(toTwo: number, recipients: number): number {
  return toTwo * Math.max(1, recipients / 2);
}

/** A size that was measured with texts of {@link measuredTextBytes}, for another length. */
export function sized(bytes: number, textBytes: number): number {
  return Math.max(0, bytes - measuredTextBytes) + textBytes;
}
