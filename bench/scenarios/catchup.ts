import { join } from 'node:path';
import type { SdkCalls } from '../clients/sdk-client.ts';
import type { PlannedConversation } from '../clients/tally.ts';
import { Worker } from '../clients/worker.ts';
import { mergedLatencies } from '../measure/latencies.ts';
import { latencyColumns, processorColumns } from '../measure/measured.ts';
import { measureProcessorTime, type ProcessorTime, sumOf } from '../measure/processor-time.ts';
import type { Outcome, Parameters, Row, Scenario } from '../scenario.ts';
import { createGroup } from '../system/conversations.ts';
import { inGroups } from '../system/people.ts';
import { startParley, using } from '../system/start.ts';
import type { System } from '../system/system.ts';
import { OpenLoad } from './open-load.ts';

const program = join(import.meta.dir, '../clients/sdk-client.ts');
const authors = 20;
const missedRate = 500;

export const catchup: Scenario = {
  name: 'catchup',
  summary: 'People who return show everything that they have missed, by the SDK: one alone, and several at once.',
  shapes: ['embedded', 'cluster'],
  options: {
    people: { default: '30', help: 'people who return at once' },
    conversations: { default: '200', help: 'conversations of each' },
    missed: { default: '1000', help: 'entries that each has missed' },
    rounds: { default: '5', help: 'times that they return' },
    'text-bytes': { default: '200', help: 'length of each message' },
    clients: { default: '1', help: 'number of client processes of the people who write' },
  },
  quick: { rounds: '2' },
  async run(parameters): Promise<Outcome> {
    const people = parameters.number('people', 1, 200);
    return using(startParley(parameters.shape(), authors), (system) => measured(system, people, parameters));
  },
};

async function measured(system: System, people: number, parameters: Parameters): Promise<Outcome> {
  const worker = new Worker<SdkCalls>(program);
  const userIds = await worker.call('signUp', { url: system.url, count: people });
  // The people of the SDK have indexes behind those of the authors, who alone are connected here.
  const everybody = {
    ...system,
    url: system.url,
    people: [...system.people, ...userIds.map((userId) => ({ userId, token: '' }))],
  };
  const members = userIds.map((_, index) => authors + index);
  const count = parameters.number('conversations', 1, 1_000);
  const groups = await inGroups(count, async (group): Promise<PlannedConversation> => {
    const author = group % authors;
    return { ...(await createGroup(everybody, [author, ...members])), members: [author] };
  });
  await worker.call('visit', undefined);
  const load = await OpenLoad.start(system, groups, parameters);
  const perGroup = Math.max(1, Math.round(parameters.number('missed', 1, 20_000) / count));
  const rows: Row[] = [];
  for (const atOnce of people > 1 ? [1, people] : [1]) {
    const times: string[] = [];
    const processorTimes: ProcessorTime[] = [];
    for (let round = 0; round < parameters.number('rounds', 1, 100); round++) {
      const { acknowledged: missed } = await load.run(missedRate, (count * perGroup) / missedRate);
      const processorTime = measureProcessorTime(() => system.processes(), [worker.pid]);
      times.push(await worker.call('comeBack', { from: 0, to: atOnce, expected: missed }));
      processorTimes.push(processorTime());
      if (atOnce < people) await worker.call('comeBack', { from: atOnce, to: people, expected: missed });
    }
    const shown = mergedLatencies(times);
    rows.push({
      ...{ system: system.name, 'at once': atOnce, conversations: count, 'missed entries': count * perGroup },
      ...latencyColumns('shown', shown),
      ...processorColumns(sumOf(processorTimes), shown.count),
    });
  }
  worker.stop();
  await load.stop();
  return { rows, ratios: {} };
}
