import { startLimit } from '../limits/limit-system.ts';
import { latencyColumns, processorColumns, serverUs } from '../measure/measured.ts';
import type { Outcome, Parameters, Row, Scenario } from '../scenario.ts';
import type { System } from '../system/system.ts';
import { DirectLoad, directOptions, imaginedConversations, type Measured, startParley } from './direct-load.ts';
import { findLimit } from './find-limit.ts';

export const send: Scenario = {
  name: 'send',
  summary:
    'Durable messages in direct conversations at a fixed rate, beside a bare loop that appends, syncs and answers.',
  shapes: ['embedded', 'cluster'],
  options: {
    rate: { default: '1000,5000', help: 'messages a second, with commas for several' },
    ...directOptions,
    'fsync-ms': { default: '0', help: 'make each sync to disk slower by this time; needs gcc; embedded only' },
    'find-limit': { default: 'off', help: 'also find the highest rate with ack p99 of at most 100 ms and no refusal' },
    limit: { default: 'on', help: 'measure the bare loop at the same rates' },
  },
  quick: { seconds: '5', 'find-limit': 'on' },
  async run(parameters): Promise<Outcome> {
    const connections = parameters.number('connections', 2, 18_000) & ~1;
    const parley = await startParley(parameters.shape(), connections, parameters.number('fsync-ms', 0, 1_000));
    const own = await measured(parley, parameters, () => DirectLoad.conversationsOf(parley));
    if (!parameters.isOn('limit')) return { rows: own.rows, ratios: {} };
    const bare = await startLimit('bare-durable-loop', connections);
    const least = await measured(bare, parameters, async () => imaginedConversations(connections));
    const ratios = own.runs.map(({ rate, us }, index) => {
      return [
        `server µs a message at ${rate}/s, to the bare loop`,
        us / (least.runs[index]?.us ?? Number.NaN),
      ] as const;
    });
    const limits = own.limit ? [['limit, to the bare loop', own.limit / (least.limit ?? Number.NaN)] as const] : [];
    return { rows: [...own.rows, ...least.rows], ratios: Object.fromEntries([...ratios, ...limits]) };
  },
};

async function measured(
  system: System,
  parameters: Parameters,
  conversations: () => ReturnType<typeof DirectLoad.conversationsOf>,
) {
  const [seconds, rates] = [parameters.number('seconds', 1, 60), parameters.numbers('rate', 1, 200_000)];
  const [clients, textBytes] = [parameters.number('clients', 1, 8), parameters.number('text-bytes', 1, 4_000)];
  const rows: Row[] = [];
  const runs: { rate: number; us: number }[] = [];
  try {
    const load = await DirectLoad.start(system, await conversations(), {
      clients,
      textBytes,
      rate: Math.max(...rates),
    });
    for (const rate of rates) {
      const figures = await load.run(rate, seconds);
      rows.push({ system: system.name, ...sendColumns(figures) });
      runs.push({ rate, us: serverUs(figures.time, figures.acknowledged) });
    }
    const limit = parameters.isOn('find-limit') ? await findLimit(load, Math.min(seconds, 5)) : null;
    if (limit) rows.push({ system: `${system.name}, limit`, ...sendColumns(limit) });
    await load.stop();
    return { rows, runs, limit: limit?.rate ?? null };
  } finally {
    await system.stop();
  }
}

export function sendColumns({ rate, acknowledged, refused, seconds, ack, delivery, late, time }: Measured): Row {
  return {
    'asked /s': rate,
    'acked /s': acknowledged / seconds,
    acknowledged,
    refused,
    ...latencyColumns('ack', ack),
    'delivery p99 ms': delivery.percentile(99),
    'client late p99 ms': late.percentile(99),
    ...processorColumns(time, acknowledged),
  };
}
