import type { PlannedConversation } from '../clients/tally.ts';
import { latencyColumns, processorColumns } from '../measure/measured.ts';
import { seriesOf } from '../report/plot.ts';
import type { Outcome, Parameters, Row, Scenario } from '../scenario.ts';
import { createDirectConversations } from '../system/conversations.ts';
import { type Embedded, startEmbedded } from '../system/embedded.ts';
import { fillChannel, fillConversations } from '../system/filling.ts';
import { using } from '../system/start.ts';
import { connectionsOf, OpenLoad, openLoadOptions } from './open-load.ts';

const online = 100;
const channelRate = 20;

export const growth: Scenario = {
  name: 'growth',
  summary: 'The cost of a send by the number of stored entries, and by the number of offline members of a channel.',
  shapes: ['embedded'],
  options: {
    entries: { default: '10000,100000,1000000', help: 'stored entries, ascending, separated by commas' },
    members: { default: '1000,10000,100000', help: 'members of a channel, 100 of them online, separated by commas' },
    rate: { default: '1000', help: 'messages a second' },
    ...openLoadOptions,
  },
  quick: { seconds: '5', entries: '10000,100000', members: '1000,20000' },
  async run(parameters): Promise<Outcome> {
    const entries = await using(startEmbedded(connectionsOf(parameters)), (system) => byEntries(system, parameters));
    const members: Row[] = [];
    for (const count of parameters.numbers('members', online, 500_000)) {
      members.push(await using(startEmbedded(online), (system) => byMembers(system, count, parameters)));
    }
    const plots = [
      {
        ...{ name: 'growth-entries', title: 'Cost of a send by stored entries', x: 'stored entries', y: 'µs a send' },
        series: seriesOf(entries, 'stored in', 'entries', 'server µs'),
      },
      {
        ...{ name: 'growth-members', title: 'Cost of a send by offline members', x: 'members', y: 'µs a send' },
        series: seriesOf(members, 'stored in', 'members', 'server µs'),
      },
    ];
    return {
      rows: [...entries, ...members],
      ratios: { ...growthRatio(entries, 'entries'), ...growthRatio(members, 'members') },
      plots,
    };
  },
};

async function byEntries(system: Embedded, parameters: Parameters): Promise<Row[]> {
  const rows: Row[] = [];
  let planned = await createDirectConversations(system);
  let stored = 0;
  for (const entries of parameters.numbers('entries', 1, 100_000_000)) {
    const each = Math.max(0, Math.ceil((entries - stored) / planned.length));
    await system.whileStopped((adapters) => fillConversations(adapters, system.people, planned, each));
    planned = planned.map((conversation) => ({ ...conversation, headSeq: conversation.headSeq + each }));
    const load = await OpenLoad.start(system, planned, parameters);
    rows.push({
      'stored in': 'direct conversations',
      entries,
      ...(await sends(load, parameters.number('rate', 1), parameters)),
    });
    planned = [...load.planned];
    stored = planned.reduce((sum, { headSeq }) => sum + headSeq, 0);
    await load.stop();
  }
  return rows;
}

async function byMembers(system: Embedded, members: number, parameters: Parameters): Promise<Row> {
  const everybody = Array.from({ length: online }, (_, index) => index);
  const channel = await system.whileStopped((adapters) => fillChannel(adapters, system.people, members));
  const planned: PlannedConversation = { ...channel, members: everybody };
  const load = await OpenLoad.start(system, [planned], parameters);
  const row = { 'stored in': 'a channel', members, ...(await sends(load, channelRate, parameters)) };
  await load.stop();
  return row;
}

async function sends(load: OpenLoad, rate: number, parameters: Parameters): Promise<Row> {
  await load.warmUp(rate);
  const figures = await load.run(rate, parameters.number('seconds', 1, 60));
  return {
    ...{ 'asked /s': rate, acknowledged: figures.acknowledged, refused: figures.refused },
    ...latencyColumns('ack', figures.ack),
    ...processorColumns(figures.time, figures.acknowledged),
  };
}

/** The cost at the largest size divided by that at the smallest. */
function growthRatio(rows: readonly Row[], size: string): Record<string, number> {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return {};
  return {
    [`server µs a send at ${last[size]} ${size}, to that at ${first[size]}`]:
      Number(last['server µs']) / Number(first['server µs']),
  };
}
