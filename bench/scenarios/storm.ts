import { join } from 'node:path';
import type { ReturningCalls } from '../clients/returning-client.ts';
import type { PlannedConversation } from '../clients/tally.ts';
import { Worker } from '../clients/worker.ts';
import { mergedLatencies } from '../measure/latencies.ts';
import { latencyColumns, processorColumns } from '../measure/measured.ts';
import { machineMs } from '../net/libc.ts';
import type { Outcome, Parameters, Scenario } from '../scenario.ts';
import { createDirectConversations, createGroup } from '../system/conversations.ts';
import { inGroups } from '../system/people.ts';
import { startParley, using } from '../system/start.ts';
import type { System } from '../system/system.ts';
import { OpenLoad, openLoadOptions } from './open-load.ts';

const program = join(import.meta.dir, '../clients/returning-client.ts');
/** People who stay connected: they write what the others miss, and send meanwhile. */
const authors = 200;
const missedRate = 1_000;
const leadMs = 1_000;

const { clients, 'text-bytes': textBytes } = openLoadOptions;

export const storm: Scenario = {
  name: 'storm',
  summary: 'Everybody returns within a second and catches up, while others send.',
  shapes: ['embedded', 'cluster'],
  options: {
    people: { default: '1000', help: 'people who return' },
    conversations: { default: '20', help: 'conversations of each, in all of which entries are missed' },
    missed: { default: '100', help: 'entries that each has missed' },
    'within-ms': { default: '1000', help: 'time within which all connect' },
    rate: { default: '500', help: 'messages a second of the others' },
    seconds: { default: '20', help: 'duration of these' },
    ...{ clients, 'text-bytes': textBytes },
  },
  quick: { people: '500', seconds: '10' },
  async run(parameters): Promise<Outcome> {
    const returning = parameters.number('people', 1, 16_000);
    return using(startParley(parameters.shape(), authors + returning), (system) => measured(system, parameters));
  },
};

async function measured(system: System, parameters: Parameters): Promise<Outcome> {
  const returning = system.people.slice(authors);
  const each = Math.min(parameters.number('conversations', 1, 100), returning.length);
  const writers = { ...system, people: system.people.slice(0, authors) };
  const direct = await createDirectConversations({ ...writers, url: system.url });
  const groups = await inGroups(returning.length, async (group): Promise<PlannedConversation> => {
    const others = Array.from({ length: each }, (_, at) => authors + ((group + at) % returning.length));
    // The plan has the members who are connected.
    return { ...(await createGroup(system, [group % authors, ...others])), members: [group % authors] };
  });
  const load = await OpenLoad.start(
    { ...writers, url: system.url, port: system.port, ports: system.ports, processes: () => system.processes() },
    [...direct, ...groups],
    parameters,
  );
  const known = returning.map((_, person) =>
    Object.fromEntries(
      Array.from({ length: each }, (_, at) => {
        const group = groups[(person - at + returning.length) % returning.length] as PlannedConversation;
        return [group.id, group.headSeq];
      }),
    ),
  );
  const missedEach = Math.max(1, Math.round(parameters.number('missed', 1, 10_000) / each));
  const inGroupsOnly = groups.map((_, index) => direct.length + index);
  await load.run(missedRate, (groups.length * missedEach) / missedRate, { conversations: inGroupsOnly });
  const heads = Object.fromEntries(load.planned.map(({ id, headSeq }) => [id, headSeq]));
  await load.warmUp(parameters.number('rate', 1), { conversations: [...direct.keys()] });

  const worker = new Worker<ReturningCalls>(program);
  const tokens = returning.map(({ token }) => token);
  const phase = { port: system.port, tokens, known, heads, withinMs: parameters.number('within-ms', 1, 60_000) };
  const back = worker.call('comeBack', { ...phase, startAtMs: machineMs() + leadMs });
  // The others send before, during and after.
  const [sends, { faults, entries, welcome, complete }] = await Promise.all([
    load.run(parameters.number('rate', 1), parameters.number('seconds', 2, 60), {
      conversations: [...direct.keys()],
      otherClients: [worker.pid],
    }),
    back,
  ]);
  worker.stop();
  await load.stop();
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const row = {
    ...{ system: system.name, people: returning.length, 'entries caught up': entries },
    ...latencyColumns('welcome', mergedLatencies([welcome])),
    ...latencyColumns('caught up', mergedLatencies([complete])),
    ...latencyColumns('ack of others', sends.ack),
    'refused of others': sends.refused,
    ...processorColumns(sends.time, returning.length),
  };
  return { rows: [row], ratios: {} };
}
