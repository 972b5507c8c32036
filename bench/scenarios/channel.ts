import type { PlannedConversation } from '../clients/tally.ts';
import { latencyColumns, processorColumns } from '../measure/measured.ts';
import { BadRequest, type Outcome, type Parameters, type Row, type Scenario } from '../scenario.ts';
import { type Cluster, startCluster } from '../system/cluster.ts';
import { addMembers, fillChannel } from '../system/filling.ts';
import { OwnServices } from '../system/own-services.ts';
import { countedWithinMs } from '../system/service-counts.ts';
import { using } from '../system/start.ts';
import { OpenLoad, openLoadOptions } from './open-load.ts';

/** A process may have 20,000 open files, and needs some for other things than sockets. */
const connectionsPerProcess = 10_000;

export const channel: Scenario = {
  name: 'channel',
  summary:
    'A channel with many members, of whom some are online, on services of its own: every delivery is checked, and what offline members cost.',
  shapes: ['cluster'],
  options: {
    members: { default: '20000,300000', help: 'members, ascending, separated by commas' },
    online: { default: '20000', help: 'members who are connected' },
    rate: { default: '2', help: 'messages a second' },
    seconds: { default: '30', help: 'duration of each figure' },
    'text-bytes': openLoadOptions['text-bytes'],
  },
  quick: { members: '2000,20000', online: '2000', seconds: '5' },
  async run(parameters): Promise<Outcome> {
    const online = parameters.number('online', 2, 100_000);
    const sizes = parameters.numbers('members', online, 500_000);
    if (sizes.some((size, index) => size <= (sizes[index - 1] ?? 0))) {
      throw new BadRequest(`--members must be ascending, not "${parameters.text('members')}"`);
    }
    const edge = Math.ceil(online / connectionsPerProcess);
    const processes = { edge, distributor: 1, follower: 0 };
    return using(OwnServices.start(1), (services) =>
      using(startCluster(online, { processes, services }), (cluster) => bySize(cluster, sizes, edge, parameters)),
    );
  },
};

async function bySize(
  cluster: Cluster,
  sizes: readonly number[],
  edge: number,
  parameters: Parameters,
): Promise<Outcome> {
  const online = cluster.people.length;
  const rows: Row[] = [];
  let planned: PlannedConversation | null = null;
  let before = { members: 0, storedBytes: await cluster.storedBytes() };
  for (const members of sizes) {
    const filled = await cluster.beside((adapters) =>
      planned
        ? addMembers(adapters, planned, members - before.members)
        : fillChannel(adapters, cluster.people, members),
    );
    const storedBytes = await cluster.storedBytes();
    const memberBytes = (storedBytes - before.storedBytes) / (members - before.members);
    const { row, after } = await measured(cluster, { ...filled, members: everybody(online) }, parameters);
    rows.push({ members, online, edges: edge, 'stored bytes a member': memberBytes, ...row });
    planned = after;
    before = { members, storedBytes: await cluster.storedBytes() };
  }
  return { rows, ratios: ratiosOf(rows) };
}

function everybody(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function measured(cluster: Cluster, planned: PlannedConversation, parameters: Parameters) {
  const rate = parameters.number('rate', 0.1, 1_000);
  const clients = Math.ceil(cluster.people.length / connectionsPerProcess);
  const load = await OpenLoad.start(cluster, [planned], parameters, clients);
  await load.warmUp(rate);
  const rowsBefore = await rowsWritten(cluster);
  const figures = await load.run(rate, parameters.number('seconds', 1, 60));
  const { acknowledged, entries, delivery, time, bytes } = figures;
  const [after] = load.planned;
  await load.stop();
  if (!after) throw new Error('the load has no conversation');
  const row: Row = {
    ...{ 'asked /s': rate, acknowledged, refused: figures.refused, deliveries: entries },
    ...latencyColumns('delivery', delivery),
    'rows written a message': ((await rowsWritten(cluster)) - rowsBefore) / acknowledged,
    'received bytes a delivery': bytes.received / entries,
    'edge µs a delivery': (time.server['edge'] ?? 0) / entries,
    ...processorColumns(time, acknowledged),
  };
  return { row, after };
}

/** Rows of conversations and their entries; those of sessions are written when people connect. */
async function rowsWritten(cluster: Cluster): Promise<number> {
  await Bun.sleep(countedWithinMs);
  const written = await cluster.ask(
    `SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::float8 AS value FROM pg_stat_user_tables
     WHERE relname IN ('conversations', 'entries', 'participants', 'memberships', 'log_positions', 'channel_terms')`,
  );
  return written.reduce((sum, each) => sum + each, 0);
}

/** The cost of a message with the most members divided by that with the fewest: as many are online. */
function ratiosOf(rows: readonly Row[]): Record<string, number> {
  const [few, many] = [rows[0], rows.at(-1)];
  if (!few || !many || few === many) return {};
  const costs = ['edge µs', 'distributor µs', 'rows written a message'];
  return Object.fromEntries(
    costs.map((cost) => [
      `${cost} with ${many['members']} members, to that with ${few['members']}`,
      Number(many[cost]) / Number(few[cost]),
    ]),
  );
}
