import type { PlannedConversation } from '../clients/tally.ts';
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
    limit: { default: 'on', help: 'measure the bare loop at the same rates' },
  },
  quick: { seconds: '5', 'find-limit': 'on' },
  async run(parameters): Promise<Outcome> {
    const connections = connectionsOf(parameters);
    const starting = startParley(parameters.shape(), connections, parameters.number('fsync-ms', 0, 1_000));
    const own = await using(starting, async (parley) =>
      measured(parley, await createDirectConversations(parley), parameters),
    );
    if (!parameters.isOn('limit')) return { rows: own.rows, ratios: {} };
    const pairs = Array.from({ length: connections >> 1 }, (_, pair) => [pair * 2, pair * 2 + 1]);
    const bare = await using(startLimit('bare-durable-loop', connections), (loop) =>
      measured(loop, imagined(pairs), parameters),
    );
    const ratios = own.runs.map(({ rate, us }, index): [string, number] => {
      return [`server µs a message at ${rate}/s, to the bare loop`, us / (bare.runs[index]?.us ?? Number.NaN)];
    });
    if (own.limit && bare.limit) ratios.push(['limit, to the bare loop', own.limit / bare.limit]);
    const rows = [...own.rows, ...bare.rows];
    const plots = [
      {
        ...{ name: 'send-latency', title: 'Latency of durable sends', x: 'messages a second', y: 'ack p99, ms' },
        series: seriesOf(rows, 'system', 'asked /s', 'ack p99 ms'),
      },
    ];
    return { rows, ratios: Object.fromEntries(ratios), plots };
  },
};

async function measured(system: System, conversations: PlannedConversation[], parameters: Parameters) {
  const [seconds, rates] = [parameters.number('seconds', 1, 60), parameters.numbers('rate', 1, 200_000)];
  const rows: Row[] = [];
  const runs: { rate: number; us: number }[] = [];
  const load = await OpenLoad.start(system, conversations, parameters);
  await load.warmUp(Math.max(...rates));
  for (const rate of rates) {
    const figures = await load.run(rate, seconds);
    rows.push({ system: system.name, ...sendColumns(figures) });
    runs.push({ rate, us: serverUs(figures.time, figures.acknowledged) });
  }
  const limit = parameters.isOn('find-limit') ? await findLimit(load, Math.min(seconds, 5)) : null;
  if (limit) rows.push({ system: `${system.name}, limit`, ...sendColumns(limit) });
  await load.stop();
  return { rows, runs, limit: limit?.rate ?? null };
}
