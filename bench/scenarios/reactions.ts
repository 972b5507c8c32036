import { join } from 'node:path';
import { limits } from '@parley/protocol';
import type { ReactionCalls } from '../clients/reaction-client.ts';
import { Worker } from '../clients/worker.ts';
import { type Latencies, mergedLatencies } from '../measure/latencies.ts';
import { latencyColumns, processorColumns } from '../measure/measured.ts';
import { measureProcessorTime, type ProcessorTime, sumOf } from '../measure/processor-time.ts';
import type { Outcome, Parameters, Row, Scenario } from '../scenario.ts';
import { createChannel } from '../system/conversations.ts';
import { callAs, type Person } from '../system/people.ts';
import { startParley, using } from '../system/start.ts';
import type { System } from '../system/system.ts';

const program = join(import.meta.dir, '../clients/reaction-client.ts');
const warmUpSeconds = 2;

type Figures = Awaited<ReturnType<ReactionCalls['run']>> & { time: ProcessorTime };

/** The rounds of one kind together. */
interface Sum {
  figures: readonly Figures[];
  acks: Latencies;
  deliveries: Latencies;
}

export const reactions: Scenario = {
  name: 'reactions',
  summary: 'Messages in a channel whose members are all online, alone and while they react to one message.',
  shapes: ['embedded', 'cluster'],
  options: {
    members: { default: '2000', help: 'members online; more than 256, so that the channel is broadcast' },
    rate: { default: '5', help: 'messages a second' },
    reactions: { default: '5000', help: 'reactions a second' },
    seconds: { default: '5', help: 'duration of each figure' },
    rounds: { default: '3', help: 'rounds, in which messages are sent alone and then beside reactions' },
    'text-bytes': { default: '200', help: 'length of each message' },
  },
  quick: { members: '500', seconds: '2', rounds: '1' },
  async run(parameters): Promise<Outcome> {
    const members = parameters.number('members', limits.directFanOutMembers + 1, 15_000);
    return using(startParley(parameters.shape(), members), (system) => measured(system, parameters));
  },
};

async function measured(system: System, parameters: Parameters): Promise<Outcome> {
  const everybody = Array.from(system.people, (_, index) => index);
  const { id: conversationId } = await createChannel(system, everybody);
  const message = { clientMessageId: 'liked', text: 'react to this' };
  const path = `/v1/conversations/${conversationId}/messages`;
  const { seq } = (await callAs(system.url, system.people[0] as Person, path, message)) as { seq: number };
  const worker = new Worker<ReactionCalls>(program);
  const tokens = system.people.map(({ token }) => token);
  await worker.call('open', { port: system.port, tokens, conversationId, seq });

  let phase = 0;
  const run = async (reactionRate: number, seconds: number): Promise<Figures> => {
    const processorTime = measureProcessorTime(() => system.processes(), [worker.pid]);
    const figures = await worker.call('run', {
      ...{ phase: ++phase, reactionRate, seconds, sendRate: parameters.number('rate', 0.1, 1_000) },
      textBytes: parameters.number('text-bytes', 1, 4_000),
    });
    if (figures.faults.length > 0) throw new Error(figures.faults.join('\n'));
    return { ...figures, time: processorTime() };
  };
  const rate = parameters.number('reactions', 1, 100_000);
  await run(rate, warmUpSeconds);
  const [alone, beside]: [Figures[], Figures[]] = [[], []];
  for (let round = 0; round < parameters.number('rounds', 1, 100); round++) {
    alone.push(await run(0, parameters.number('seconds', 1, 60)));
    beside.push(await run(rate, parameters.number('seconds', 1, 60)));
  }
  await worker.call('close', undefined);
  worker.stop();
  const [few, many] = [together(alone), together(beside)];
  return {
    rows: [rowOf(system, 0, few), rowOf(system, rate, many)],
    ratios: {
      'p50 of a delivery beside reactions, to that alone':
        many.deliveries.percentile(50) / few.deliveries.percentile(50),
      'p99 of a delivery beside reactions, to that alone':
        many.deliveries.percentile(99) / few.deliveries.percentile(99),
      'p50 of an ack beside reactions, to that alone': many.acks.percentile(50) / few.acks.percentile(50),
    },
  };
}

function together(figures: readonly Figures[]): Sum {
  const merged = (kind: 'acks' | 'deliveries') => mergedLatencies(figures.map((each) => each[kind]));
  return { figures, acks: merged('acks'), deliveries: merged('deliveries') };
}

function rowOf({ name, people }: System, rate: number, { figures, acks, deliveries }: Sum): Row {
  const total = (count: (each: Figures) => number) => figures.reduce((sum, each) => sum + count(each), 0);
  const framesASecond = figures.map(({ framesMax, seconds }) => framesMax / seconds);
  return {
    ...{ system: name, members: people.length, 'asked reactions /s': rate },
    'reactions /s': total((each) => each.reactions.acknowledged) / total((each) => each.seconds),
    reactions: total((each) => each.reactions.acknowledged),
    'refused reactions': total((each) => each.reactions.refused),
    'frames with reactions a socket /s': Math.max(...framesASecond),
    acknowledged: total((each) => each.messages),
    refused: total((each) => each.refused),
    deliveries: deliveries.count,
    ...latencyColumns('ack', acks),
    ...latencyColumns('delivery', deliveries),
    ...processorColumns(sumOf(figures.map(({ time }) => time)), deliveries.count),
  };
}
