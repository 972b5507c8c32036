import { ClientProcesses } from '../clients/client-processes.ts';
import type { PlannedConversation } from '../clients/tally.ts';
import { startPublishers } from '../limits/limit-system.ts';
import { latencyColumns, processorColumns } from '../measure/measured.ts';
import { measureProcessorTime } from '../measure/processor-time.ts';
import type { Outcome, Parameters, Row, Scenario } from '../scenario.ts';
import { startCluster } from '../system/cluster.ts';
import { createChannel, imagined } from '../system/conversations.ts';
import { using } from '../system/start.ts';
import type { System } from '../system/system.ts';

/** Sockets of one process; a limit of 20,000 open files is common. */
const socketsMax = 18_000;
const warmUpMessages = 2;

export const crowd: Scenario = {
  name: 'crowd',
  summary:
    "One channel whose members are all online on several server processes; a message at fixed intervals, beside Bun's publish in as many processes.",
  shapes: ['cluster'],
  options: {
    members: { default: '100000', help: 'members online' },
    servers: { default: '6', help: 'processes that hold the sockets, and as many client processes' },
    messages: { default: '10', help: 'messages of each figure' },
    'interval-ms': { default: '4000', help: 'time from message to message' },
    'text-bytes': { default: '200', help: 'length of each message' },
    limit: { default: 'on', help: 'measure publish too' },
  },
  quick: { members: '4000', servers: '2', messages: '5', 'interval-ms': '1000' },
  async run(parameters): Promise<Outcome> {
    const servers = parameters.number('servers', 1, 100);
    const members = parameters.number('members', 2, servers * socketsMax);
    const everybody = Array.from({ length: members }, (_, index) => index);
    const own = await using(
      startCluster(members, { processes: { edge: servers, distributor: 1, follower: 0 } }),
      async (cluster) => measured(cluster, await createChannel(cluster, everybody), parameters),
    );
    if (!parameters.isOn('limit')) return { rows: [own.row], ratios: {} };
    const [channel] = imagined([everybody]) as [PlannedConversation];
    const least = await using(startPublishers(members, servers), (publishers) =>
      measured(publishers, { ...channel, senders: [0] }, parameters),
    );
    return {
      rows: [own.row, least.row],
      ratios: { 'delivery p99, to bun publish': own.p99Ms / least.p99Ms },
    };
  },
};

async function measured(
  system: System,
  channel: PlannedConversation,
  parameters: Parameters,
): Promise<{ row: Row; p99Ms: number }> {
  const clients = await ClientProcesses.connect(system.ports, system.people, system.ports.length);
  await clients.plan([channel]);
  const messagesPerSecond = 1_000 / parameters.number('interval-ms', 1, 60_000);
  const spec = {
    rate: messagesPerSecond,
    textBytes: [parameters.number('text-bytes', 1, 4_000)],
    conversations: [0],
  };
  await clients.send({ ...spec, seconds: warmUpMessages / messagesPerSecond });
  const processorTime = measureProcessorTime(() => system.processes(), clients.pids);
  const run = await clients.send({ ...spec, seconds: parameters.number('messages', 1, 1_000) / messagesPerSecond });
  const row = {
    ...{ system: system.name, servers: system.ports.length, members: channel.members.length },
    ...{ acknowledged: run.acknowledged, deliveries: run.entries },
    ...latencyColumns('delivery', run.delivery),
    ...processorColumns(processorTime(), run.entries),
  };
  await clients.stop();
  return { row, p99Ms: run.delivery.percentile(99) };
}
