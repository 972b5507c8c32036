import { processorColumns } from '../measure/measured.ts';
import { measureProcessorTime, type ProcessorTime } from '../measure/processor-time.ts';
import { BadRequest, type Outcome, type Parameters, type Row, type Scenario } from '../scenario.ts';
import { type Cluster, type ProcessCounts, startCluster } from '../system/cluster.ts';
import { createDirect, createGroup } from '../system/conversations.ts';
import { OwnServices } from '../system/own-services.ts';
import { inGroups } from '../system/people.ts';
import {
  countedWithinMs,
  countsBetween,
  ServiceCounters,
  type ServiceCounts,
  scaled,
} from '../system/service-counts.ts';
import { using } from '../system/start.ts';
import { type Measured, OpenLoad, openLoadOptions } from './open-load.ts';

const idleSeconds = 10;
const warmUpRate = 2_000;
/** Below the rate limits of a user. */
const warmUpRateOfUser = 5;
/** Of each process: 18 of them have connections to both databases of one server. */
const postgresConnections = '3';

/** The cost of one second without a message. */
interface Idle {
  time: ProcessorTime;
  counts: ServiceCounts;
}

export const scale: Scenario = {
  name: 'scale',
  summary:
    'The cost of a message by the number of processes of a role, on services of its own: processor time of each role, ' +
    'statements, Redis commands and Kafka records, all without what idle processes use.',
  shapes: ['cluster'],
  options: {
    edges: { default: '2,4,8', help: 'processes with the roles gateway and messaging, ascending, separated by commas' },
    distributors: { default: '2,4,8', help: 'processes with the role distribution, ascending, separated by commas' },
    members: {
      default: '2',
      help: 'members of each conversation, on different edges if there are as many, separated by commas',
    },
    rate: { default: '200', help: 'messages a second' },
    people: { default: '160', help: 'people, all of them connected' },
    seconds: { default: '10', help: 'duration of each figure' },
    brokers: { default: '1', help: 'Kafka brokers, each with a replica of everything' },
    redis: { default: '1', help: 'Redis servers, over which the users are divided' },
    proxy: { default: 'off', help: 'connect through HAProxy, which chooses the edges' },
    'rate-limits': { default: 'on', help: 'rate limits of the product' },
    ...{ clients: openLoadOptions.clients, 'text-bytes': openLoadOptions['text-bytes'] },
  },
  quick: { edges: '2,4', distributors: '2,4', seconds: '5' },
  async run(parameters): Promise<Outcome> {
    const sizes = parameters.numbers('members', 2, 256);
    const people = parameters.number('people', Math.max(...sizes), 10_000);
    const configurations = configurationsOf(parameters);
    const redisCount = parameters.number('redis', 1, 32);
    return using(OwnServices.start(parameters.number('brokers', 1, 5), redisCount), (services) => {
      const settings = {
        ...{ 'rate-limits': parameters.isOn('rate-limits') ? 'on' : 'off', 'trusted-proxies': '127.0.0.1' },
        'postgres-connections': postgresConnections,
      };
      return using(startCluster(people, { processes: configurations[0], services, settings }), async (cluster) => {
        const rows: Row[] = [];
        const planned = await createConversations(cluster, [...new Set(sizes)]);
        for (const counts of configurations) {
          await cluster.grow(counts);
          if (parameters.isOn('proxy')) await cluster.startProxy();
          const load = await OpenLoad.start(cluster, planned.flat(), parameters);
          const counters = new ServiceCounters(cluster, services);
          rows.push(...(await measured(cluster, { load, counters, counts, planned, sizes }, parameters)));
          // The next configuration continues with the present numbers.
          const present = [...load.planned];
          for (const [index, each] of planned.entries()) planned[index] = present.splice(0, each.length);
          await counters.close();
          await load.stop();
        }
        return { rows, ratios: ratiosOf(rows) };
      });
    });
  },
};

/**
 * The edges are varied with the fewest distributors, then the distributors with the most edges: processes are only ever
 * added.
 */
function configurationsOf(parameters: Parameters): ProcessCounts[] {
  const [edges, distributors] = [ascending('edges', parameters), ascending('distributors', parameters)];
  return [
    ...edges.map((edge) => ({ edge, distributor: Number(distributors[0]), follower: 1 })),
    ...distributors.slice(1).map((distributor) => ({ edge: Number(edges.at(-1)), distributor, follower: 1 })),
  ];
}

function ascending(name: string, parameters: Parameters): number[] {
  const counts = parameters.numbers(name, 1, 32);
  if (counts.every((count, index) => index === 0 || count > (counts[index - 1] ?? 0))) return counts;
  throw new BadRequest(`--${name} must be ascending, not "${parameters.text(name)}"`);
}

type Planned = Awaited<ReturnType<typeof createDirect>>[][];

/** For each size, conversations of neighbours: they are on different edges, as far as there are enough. */
async function createConversations(cluster: Cluster, sizes: readonly number[]): Promise<Planned> {
  const { url, people } = cluster;
  const planned: Planned = [];
  for (const size of sizes) {
    const membersOf = (index: number) => Array.from({ length: size }, (_, member) => index * size + member);
    planned.push(
      await inGroups(Math.floor(people.length / size), (index) =>
        size === 2 ? createDirect(url, people, [index * 2, index * 2 + 1]) : createGroup(cluster, membersOf(index)),
      ),
    );
  }
  return planned;
}

interface Measurement {
  load: OpenLoad;
  counters: ServiceCounters;
  counts: ProcessCounts;
  planned: Planned;
  sizes: readonly number[];
}

async function measured(
  cluster: Cluster,
  { load, counters, counts, planned, sizes }: Measurement,
  parameters: Parameters,
): Promise<Row[]> {
  const [rate, seconds] = [parameters.number('rate', 1, 20_000), parameters.number('seconds', 1, 60)];
  const rows: Row[] = [];
  // At the fixed rate, many processes would have compiled less of their code than a few.
  await load.warmUp(Math.min(warmUpRate, cluster.people.length * warmUpRateOfUser));
  await Bun.sleep(countedWithinMs);
  let before = await counters.read();
  const idle = await idleFor(idleSeconds, cluster, load, counters, before);
  for (const members of sizes) {
    const index = [...new Set(sizes)].indexOf(members);
    const first = planned.slice(0, index).flat().length;
    before = await counters.read();
    const startMs = performance.now();
    const figures = await load.run(rate, seconds, {
      conversations: Array.from(planned[index] ?? [], (_, at) => first + at),
    });
    await Bun.sleep(countedWithinMs);
    const after = await counters.read();
    const used = countsBetween(before, after, (performance.now() - startMs) / 1_000, idle.counts);
    rows.push({
      ...{ edges: counts.edge, distributors: counts.distributor, members },
      ...columnsOf(figures, idle, used, counts),
    });
  }
  return rows;
}

async function idleFor(
  seconds: number,
  cluster: Cluster,
  load: OpenLoad,
  counters: ServiceCounters,
  before: ServiceCounts,
): Promise<Idle> {
  const startMs = performance.now();
  const processorTime = measureProcessorTime(() => cluster.processes(), load.pids);
  await Bun.sleep(seconds * 1_000);
  const time = processorTime();
  const elapsed = (performance.now() - startMs) / 1_000;
  return { time, counts: scaled(countsBetween(before, await counters.read(), elapsed), 1 / elapsed) };
}

function columnsOf(
  { rate, acknowledged, refused, entries, bytes, ack, time }: Measured,
  idle: Idle,
  used: ServiceCounts,
  counts: ProcessCounts,
): Row {
  const idleUs = (role: string) => ((idle.time.server[role] ?? 0) / idle.time.seconds) * time.seconds;
  const server = Object.fromEntries(
    Object.entries(time.server).map(([role, us]) => [role, Math.max(0, us - idleUs(role))]),
  );
  const perMessage = Object.entries(used).map(([name, count]) => [name, count / acknowledged]);
  return {
    ...{ 'asked /s': rate, acknowledged, refused, deliveries: entries },
    ...{ 'ack p50 ms': ack.percentile(50), 'ack p99 ms': ack.percentile(99) },
    ...processorColumns({ ...time, server }, acknowledged),
    ...Object.fromEntries(perMessage),
    'sent bytes': bytes.sent / acknowledged,
    'received bytes a delivery': bytes.received / entries,
    ...Object.fromEntries(
      Object.entries(idle.time.server).map(([role, us]) => {
        const processes = counts[role as keyof ProcessCounts] ?? 1;
        return [`idle ${role} µs/s`, us / idle.time.seconds / processes];
      }),
    ),
    ...Object.fromEntries(Object.entries(idle.counts).map(([name, count]) => [`idle ${name} /s`, count])),
  };
}

/** The cost with the most processes of a role divided by that with the fewest, in conversations of one size. */
function ratiosOf(rows: readonly Row[]): Record<string, number> {
  const [first, last] = [rows[0], rows.at(-1)];
  const ofSize = rows.filter((row) => row['members'] === first?.['members']);
  const varied = {
    edge: ofSize.filter((row) => row['distributors'] === first?.['distributors']),
    distributor: ofSize.filter((row) => row['edges'] === last?.['edges']),
  };
  const ratios: Record<string, number> = {};
  for (const [role, runs] of Object.entries(varied)) {
    const [few, many] = [runs[0], runs.at(-1)];
    if (!few || !many || few[`${role}s`] === many[`${role}s`]) continue;
    for (const cost of [`${role} µs`, 'PostgreSQL statements', 'Redis commands', 'Kafka records']) {
      const counts = `${many[`${role}s`]} processes of the role ${role}, to that with ${few[`${role}s`]}`;
      ratios[`${cost} a message with ${counts}`] = Number(many[cost]) / Number(few[cost]);
    }
  }
  return ratios;
}
