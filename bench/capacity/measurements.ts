import type { Row, Scenario } from '../scenario.ts';
import { channel } from '../scenarios/channel.ts';
import { idle } from '../scenarios/idle.ts';
import { registry } from '../scenarios/registry.ts';
import { scale } from '../scenarios/scale.ts';
import { storage } from '../scenarios/storage.ts';
import type { UnitName } from './units.ts';

/** A run of a scenario, and the units that follow from its figures. */
export interface Measurement {
  scenario: Scenario;
  options: Readonly<Record<string, string>>;
  /** The name under which the document shows the figures. */
  check?: string;
  columns?: readonly string[];
  units(rows: readonly Row[]): Partial<Record<UnitName, number>>;
}

const [few, many] = [2, 8];
const lookedUp = 1_000;
/** Frames of a message in a direct conversation: it, its ack and two entries. */
const framesOfMessage = 4;

export const measurements: readonly Measurement[] = [
  // As many messages for each process as in a large cluster: at a lower rate, each message pays for waking it up.
  {
    scenario: scale,
    options: { edges: '2', distributors: '1', members: '2', rate: '1000', brokers: '3', seconds: '20' },
    units: ([row]) => ({
      ...{ edgeMessageUs: figure(row, 'edge µs'), edgeIdleUs: figure(row, 'idle edge µs/s') },
      distributorMessageUs: figure(row, 'distributor µs'),
      distributorIdleUs: figure(row, 'idle distributor µs/s'),
      ...{ followerMessageUs: figure(row, 'follower µs'), followerIdleUs: figure(row, 'idle follower µs/s') },
      ...{ postgresMessageUs: figure(row, 'PostgreSQL µs'), postgresLogBytes: figure(row, 'PostgreSQL log bytes') },
      ...{ kafkaMessageUs: figure(row, 'Kafka µs'), redisMessageUs: figure(row, 'Redis µs') },
      ...{ sentBytes: figure(row, 'sent bytes'), receivedBytes: figure(row, 'received bytes a delivery') },
    }),
  },
  // Conversations whose members are each on an edge of their own; the first two runs are warm-up.
  {
    scenario: scale,
    options: {
      ...{ edges: String(many), distributors: '1', members: `${few},${many},${few},${many}` },
      ...{ rate: '200', brokers: '3', seconds: '15' },
    },
    units(all) {
      const rows = all.slice(2);
      const bytes = line('Kafka bytes', rows);
      return {
        distributorCopyUs: line('distributor µs', rows).copy,
        ...{ kafkaMessageBytes: bytes.message, kafkaCopyBytes: bytes.copy },
      };
    },
  },
  {
    scenario: scale,
    options: { edges: '2', distributors: '1', rate: '1000', proxy: 'on', seconds: '20' },
    units: ([row]) => ({ proxyFrameUs: figure(row, 'HAProxy µs') / framesOfMessage }),
  },
  {
    scenario: scale,
    options: { edges: '2,4,8', distributors: '2,4,8', rate: '200' },
    check: 'processes',
    columns: [
      ...[
        'edges',
        'distributors',
        'asked /s',
        'acknowledged',
        'edge µs',
        'distributor µs',
        'PostgreSQL µs',
        'Kafka µs',
      ],
      ...[
        'Redis µs',
        'PostgreSQL statements',
        'Redis commands',
        'Kafka records',
        'idle edge µs/s',
        'idle distributor µs/s',
      ],
    ],
    units: () => ({}),
  },
  {
    scenario: channel,
    options: {},
    check: 'channel',
    columns: [
      ...['members', 'online', 'edges', 'acknowledged', 'deliveries', 'edge µs a delivery', 'distributor µs'],
      ...['PostgreSQL µs', 'rows written a message', 'stored bytes a member', 'received bytes a delivery'],
    ],
    units(rows) {
      const last = rows.at(-1);
      return {
        edgeBroadcastUs: figure(last, 'edge µs a delivery'),
        memberBytes: figure(last, 'stored bytes a member'),
      };
    },
  },
  {
    scenario: idle,
    options: { connections: '10000', seconds: '30' },
    units: ([row]) => ({
      edgeConnectionUs: figure(row, 'edge µs'),
      edgeConnectionBytes: figure(row, 'bytes a connection'),
      edgeBytes: figure(row, 'bytes without connections'),
    }),
  },
  {
    scenario: storage,
    options: { rate: '200', seconds: '30' },
    units: ([row]) => ({ postgresStoredBytes: figure(row, 'stored bytes a message') }),
  },
  {
    scenario: registry,
    options: { users: '20000' },
    units: (rows) => ({
      redisUserBytes: figure(named(rows, 'connect', 'bytes each'), 'bytes each'),
      redisWatchBytes: figure(named(rows, 'watch', 'bytes each'), 'bytes each'),
      redisLookUpUs:
        figure(named(rows, `serversOf ${lookedUp.toLocaleString('en')} users`, 'Redis µs'), 'Redis µs') / lookedUp,
    }),
  },
];

/** The cost of a message and of one copy, from conversations with few and with many members. */
function line(column: string, [small, large]: readonly Row[]): { message: number; copy: number } {
  const [smallCost, largeCost] = [figure(small, column), figure(large, column)];
  // Noise could make the larger conversation the cheaper one.
  const copy = Math.max(0, (largeCost - smallCost) / (many - few));
  return { message: Math.max(0, smallCost - few * copy), copy };
}

function named(rows: readonly Row[], call: string, column: string): Row | undefined {
  return rows.find((row) => row['call'] === call && column in row);
}

function figure(row: Row | undefined, column: string): number {
  const value = Number(row?.[column]);
  if (Number.isFinite(value)) return value;
  throw new Error(`the scenario has no figure "${column}": ${JSON.stringify(row)}`);
}
