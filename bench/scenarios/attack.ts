import { join } from 'node:path';
import type { AttackerCalls } from '../clients/attacker-client.ts';
import { attacks } from '../clients/attacks.ts';
import { Worker } from '../clients/worker.ts';
import { processorColumns } from '../measure/measured.ts';
import { BadRequest, type Outcome, Parameters, type Row, type Scenario } from '../scenario.ts';
import { createDirect } from '../system/conversations.ts';
import { startEmbedded } from '../system/embedded.ts';
import { using } from '../system/start.ts';
import type { System } from '../system/system.ts';
import { type Measured, OpenLoad } from './open-load.ts';

const program = join(import.meta.dir, '../clients/attacker-client.ts');
/** The budgets of addresses refill before the next attack. */
const pauseMs = 2_000;
const sendRate = 5;

interface Round {
  figures: Measured;
  written: number;
  closed: number;
}

export const attack: Scenario = {
  name: 'attack',
  summary: 'The slowest ack of a user who sends five messages a second, during a flood of each kind by another user.',
  shapes: ['embedded'],
  options: {
    seconds: { default: '6', help: 'duration of each flood' },
    rounds: { default: '3', help: 'rounds, of which the medians are compared' },
    kinds: { default: 'all', help: `kinds of floods, separated by commas: ${Object.keys(attacks).join(', ')}` },
  },
  quick: { seconds: '3', rounds: '1', kinds: 'limited frame,many connections,costly frames' },
  async run(parameters): Promise<Outcome> {
    const asked = parameters.text('kinds');
    const kinds = asked === 'all' ? Object.keys(attacks) : asked.split(',');
    const unknown = kinds.find((kind) => !Object.hasOwn(attacks, kind));
    if (unknown !== undefined) throw new BadRequest(`--kinds has ${unknown}, which is no kind of flood`);
    return using(startEmbedded(3, { settings: { 'rate-limits': 'on' } }), (system) =>
      measured(system, kinds, parameters),
    );
  },
};

async function measured(system: System, kinds: readonly string[], parameters: Parameters): Promise<Outcome> {
  const [sender, partner, attacker] = system.people;
  if (!sender || !partner || !attacker) throw new Error('an attack needs three people');
  const victims = {
    name: system.name,
    url: system.url,
    port: system.port,
    ports: system.ports,
    people: [sender, partner],
  };
  const direct = await createDirect(system.url, system.people, [0, 1]);
  const load = await OpenLoad.start(
    { ...victims, processes: () => system.processes(), residentBytes: () => 0, stop: async () => undefined },
    [direct],
    new Parameters({ clients: '1', 'text-bytes': '200' }),
  );
  const seconds = parameters.number('seconds', 1, 60);
  const roundsOf = new Map<string, Round[]>();
  for (let round = 0; round < parameters.number('rounds', 1, 100); round++) {
    for (const kind of ['alone', ...kinds]) {
      const worker = new Worker<AttackerCalls>(program);
      if (kind !== 'alone') await worker.call('start', { kind, port: system.port, token: attacker.token });
      const figures = await load.run(sendRate, seconds, { otherClients: [worker.pid] });
      const report = await worker.call('report', undefined);
      worker.stop();
      roundsOf.set(kind, [...(roundsOf.get(kind) ?? []), { figures, ...report }]);
      await Bun.sleep(pauseMs);
    }
  }
  await load.stop();
  const slowest = (kind: string) =>
    median((roundsOf.get(kind) ?? []).map(({ figures }) => figures.ack.percentile(100)));
  const rows = [...roundsOf].map(([kind, rounds]): Row => {
    const last = rounds.at(-1) as Round;
    return {
      ...{
        flood: kind,
        'slowest ack ms': slowest(kind),
        'written MB': last.written / 1e6,
        'connections closed': last.closed,
      },
      ...processorColumns(last.figures.time, last.figures.acknowledged),
    };
  });
  const ratios = kinds.map((kind) => [
    `slowest ack beside the flood "${kind}", to that alone`,
    slowest(kind) / slowest('alone'),
  ]);
  return { rows, ratios: Object.fromEntries(ratios) };
}

function median(figures: readonly number[]): number {
  return figures.toSorted((one, other) => one - other)[figures.length >> 1] ?? Number.NaN;
}
