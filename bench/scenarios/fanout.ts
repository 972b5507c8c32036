import { ClientProcesses } from '../clients/client-processes.ts';
import type { PlannedConversation } from '../clients/tally.ts';
import { type LimitProgram, startLimit } from '../limits/limit-system.ts';
import { latencyColumns, processorColumns, serverUs } from '../measure/measured.ts';
import { measureProcessorTime } from '../measure/processor-time.ts';
import { seriesOf } from '../report/plot.ts';
import type { Outcome, Parameters, Row, Scenario } from '../scenario.ts';
import { createChannel, imagined } from '../system/conversations.ts';
import { startParley, using } from '../system/start.ts';
import type { System } from '../system/system.ts';

const limits: readonly LimitProgram[] = ['bare-writer', 'bun-publish'];
const warmUpMessages = 10;

interface Figure {
  inFlight: number;
  perSecond: number;
  /** Processor time of a delivery. */
  us: number;
  row: Row;
}

export const fanout: Scenario = {
  name: 'fanout',
  summary: "One channel whose members are all online, beside a bare writer to all sockets and Bun's plain publish.",
  shapes: ['embedded', 'cluster'],
  options: {
    members: { default: '2000,10000,18000', help: 'members online, separated by commas' },
    'in-flight': { default: '1,10', help: 'messages that may be on their way at once, separated by commas' },
    messages: { default: '200', help: 'messages of each figure' },
    'text-bytes': { default: '200', help: 'length of each message' },
    limit: { default: 'on', help: 'measure the bare writer and publish too' },
  },
  quick: { members: '2000', messages: '100' },
  async run(parameters): Promise<Outcome> {
    const figures: Figure[] = [];
    const ratios: Record<string, number> = {};
    for (const members of parameters.numbers('members', 2, 18_000)) {
      const everybody = Array.from({ length: members }, (_, index) => index);
      const own = await using(startParley(parameters.shape(), members), async (parley) =>
        measured(parley, await createChannel(parley, everybody), parameters),
      );
      figures.push(...own);
      for (const limit of parameters.isOn('limit') ? limits : []) {
        const [channel] = imagined([everybody]) as [PlannedConversation];
        const least = await using(startLimit(limit, members), (system) => measured(system, channel, parameters));
        figures.push(...least);
        for (const [index, { inFlight, perSecond, us }] of own.entries()) {
          const load = `with ${members} members and ${inFlight} in flight, to ${limit.replaceAll('-', ' ')}`;
          ratios[`deliveries/s ${load}`] = perSecond / (least[index]?.perSecond ?? Number.NaN);
          ratios[`server µs a delivery ${load}`] = us / (least[index]?.us ?? Number.NaN);
        }
      }
    }
    const rows = figures.map(({ row }) => row);
    const plots = parameters.numbers('in-flight').map((inFlight) => ({
      ...{ name: `fanout-${inFlight}`, title: `Fan-out with ${inFlight} in flight`, x: 'members online' },
      y: 'deliveries a second',
      series: seriesOf(
        rows.filter((row) => row['in flight'] === inFlight),
        ...(['system', 'members', 'deliveries /s'] as const),
      ),
    }));
    return { rows, ratios, plots };
  },
};

async function measured(system: System, channel: PlannedConversation, parameters: Parameters): Promise<Figure[]> {
  const members = channel.members.length;
  // One process has all members, so that it knows when a message has reached all of them.
  const clients = await ClientProcesses.connect(system.ports, system.people, 1);
  await clients.plan([channel]);
  const phase = { conversation: 0, textBytes: parameters.number('text-bytes', 1, 4_000) };
  const figures: Figure[] = [];
  for (const inFlight of parameters.numbers('in-flight', 1, 1_000)) {
    await clients.fanOut({ ...phase, inFlight, messages: warmUpMessages });
    const processorTime = measureProcessorTime(() => system.processes(), clients.pids);
    const run = await clients.fanOut({ ...phase, inFlight, messages: parameters.number('messages', 1, 10_000) });
    const perSecond = run.entries / run.seconds;
    const time = processorTime();
    const row = {
      ...{ system: system.name, members, 'in flight': inFlight, messages: run.acknowledged, deliveries: run.entries },
      'deliveries /s': perSecond,
      ...latencyColumns('delivery', run.delivery),
      ...processorColumns(time, run.entries),
    };
    figures.push({ inFlight, perSecond, us: serverUs(time, run.entries), row });
  }
  await clients.stop();
  return figures;
}
