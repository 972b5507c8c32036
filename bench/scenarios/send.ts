import type { PlannedConversation } from '../clients/tally.ts';
import { clusterLimits } from '../limits/cluster-limits.ts';
import { startLimit } from '../limits/limit-system.ts';
import { serverUs } from '../measure/measured.ts';
import { seriesOf } from '../report/plot.ts';
import type { Outcome, Parameters, Row, Scenario } from '../scenario.ts';
import { createDirectConversations, imagined } from '../system/conversations.ts';
import { startParley, using } from '../system/start.ts';
import type { System } from '../system/system.ts';
import { findLimit } from './find-limit.ts';
import { connectionsOf, OpenLoad, openLoadOptions, sendColumns } from './open-load.ts';

export const send: Scenario = {
  name: 'send',
  summary:
    'Durable messages in direct conversations at a fixed rate, beside a bare loop that appends, syncs and answers.',
  shapes: ['embedded', 'cluster'],
  options: {
    rate: { default: '1000,5000', help: 'messages a second, separated by commas' },
    ...openLoadOptions,
    'fsync-ms': { default: '0', help: 'make each sync to disk slower by this time; needs gcc; embedded only' },
    'find-limit': { default: 'off', help: 'also find the highest rate with ack p99 of at most 100 ms and no refusal' },
    limit: { default: 'on', help: 'also measure the bare loop, and in a cluster Kafka and PostgreSQL alone' },
  },
  quick: { seconds: '5' },
  async run(parameters): Promise<Outcome> {
    const connections = connectionsOf(parameters);
    const starting = startParley(parameters.shape(), connections, parameters.number('fsync-ms', 0, 1_000));
    const own = await using(starting, async (parley) =>
      measured(parley, await createDirectConversations(parley), parameters),
    );
    const least = parameters.isOn('limit') ? await limitsBeside(own.runs, parameters) : { rows: [], ratios: {} };
    const rows = [...own.rows, ...least.rows];
    const plots = [
      {
        ...{ name: 'send-latency', title: 'Latency of durable sends', x: 'messages a second', y: 'ack p99, ms' },
        series: seriesOf(rows, 'system', 'asked /s', 'ack p99 ms'),
      },
    ];
    const limit = own.limit && least.limit ? { 'limit, to the bare loop': own.limit / least.limit } : {};
    return { rows, ratios: { ...least.ratios, ...limit }, plots };
  },
};

interface Limits extends Outcome {
  /** The highest rate of the bare loop, if it was found. */
  limit?: number | null;
}

/** What does the same with less, at the same rates. */
async function limitsBeside(runs: readonly Run[], parameters: Parameters): Promise<Limits> {
  const connections = connectionsOf(parameters);
  const pairs = Array.from({ length: connections >> 1 }, (_, pair) => [pair * 2, pair * 2 + 1]);
  const bare = await using(startLimit('bare-durable-loop', connections), (loop) =>
    measured(loop, imagined(pairs), parameters),
  );
  const ratios: Record<string, number> = {};
  for (const [index, { rate, us }] of runs.entries()) {
    ratios[`server µs a message at ${rate}/s, to the bare loop`] = us / (bare.runs[index]?.us ?? Number.NaN);
  }
  if (parameters.shape() === 'embedded') return { rows: bare.rows, ratios, limit: bare.limit };
  const [seconds, textBytes] = [parameters.number('seconds', 1, 60), parameters.number('text-bytes', 1, 4_000)];
  const services = await clusterLimits(
    runs.map(({ rate }) => rate),
    seconds,
    textBytes,
  );
  for (const [index, { rate, us, p50Ms }] of runs.entries()) {
    ratios[`ack p50 at ${rate}/s, to records through Kafka`] = p50Ms / (services.kafkaP50Ms[index] ?? Number.NaN);
    ratios[`processor time a message at ${rate}/s, to batches into PostgreSQL`] = us / services.postgresUs;
  }
  return { rows: [...bare.rows, ...services.rows], ratios, limit: bare.limit };
}

interface Run {
  rate: number;
  /** Processor time of all server processes for a message. */
  us: number;
  p50Ms: number;
}

async function measured(system: System, conversations: PlannedConversation[], parameters: Parameters) {
  const [seconds, rates] = [parameters.number('seconds', 1, 60), parameters.numbers('rate', 1, 200_000)];
  const rows: Row[] = [];
  const runs: Run[] = [];
  const load = await OpenLoad.start(system, conversations, parameters);
  await load.warmUp(Math.max(...rates));
  for (const rate of rates) {
    const figures = await load.run(rate, seconds);
    rows.push({ system: system.name, ...sendColumns(figures) });
    runs.push({ rate, us: serverUs(figures.time, figures.acknowledged), p50Ms: figures.ack.percentile(50) });
  }
  const limit = parameters.isOn('find-limit') ? await findLimit(load, Math.min(seconds, 5)) : null;
  if (limit) rows.push({ system: `${system.name}, limit`, ...sendColumns(limit) });
  await load.stop();
  return { rows, runs, limit: limit?.rate ?? null };
}
