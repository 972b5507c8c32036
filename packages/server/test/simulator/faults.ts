import type { Service } from './network.ts';
import type { Random } from './random.ts';

/** What happens to one call of a machine to a service. */
export type CallFault =
  /** The process dies before the request leaves, or when the answer arrives; on a disk, before the sync is done. */
  | { kind: 'crash-before' | 'crash-after'; downMs: number }
  /** The request or the answer is lost. */
  | { kind: 'lose-request' | 'lose-answer' }
  /** The request arrives this much later. */
  | { kind: 'late-request'; byMs: number };

/** One fault. Times and calls count from the start of the faults. */
export type Fault =
  | { kind: 'call'; machine: string; of: 'work' | 'polls'; call: number; what: CallFault }
  /** The process is killed, or told to stop. */
  | { kind: 'crash' | 'stop'; machine: string; atMs: number; downMs: number }
  | { kind: 'pause'; machine: string; atMs: number; forMs: number }
  | { kind: 'block'; from: string; to: string; atMs: number; forMs: number }
  | { kind: 'cut'; client: string; atMs: number }
  | { kind: 'clock'; machine: string; atMs: number; byMs: number }
  | { kind: 'service'; atMs: number; what: ServiceFault };

/** A fault of the services of a cluster. */
export type ServiceFault =
  /** One of the next deliveries to mailboxes. */
  | { kind: 'mail'; delivery: number; what: 'lost' | 'doubled' }
  | { kind: 'rebalance' }
  /** The registry loses its data. */
  | { kind: 'forget' };

export interface Places {
  machines: readonly string[];
  clients: readonly string[];
  services: readonly Service[];
  /** How long faults occur. */
  stormMs: number;
  /** The calls of a machine, of either kind, that can fail: about as many as there are. */
  callsMax: number;
}

const deliveriesMax = 20;

/** Faults by the seed: few or many, so that each also occurs alone. */
export function randomFaults(random: Random, places: Places): Fault[] {
  const count = random.chance(0.3) ? random.whole(1, 4) : random.whole(4, 24);
  return Array.from({ length: count }, () => randomFault(random, places));
}

function randomFault(random: Random, { machines, clients, services, stormMs, callsMax }: Places): Fault {
  const atMs = random.whole(0, stormMs);
  const machine = random.pick(machines);
  const kind = random.weighted(weights);
  switch (kind) {
    case 'call': {
      const of = random.weighted({ work: 4, polls: 1 });
      return { kind, machine, of, call: random.whole(1, callsMax), what: randomCallFault(random) };
    }
    case 'crash':
    case 'stop':
      return { kind, machine, atMs, downMs: random.whole(100, 8_000) };
    case 'pause':
      return { kind, machine, atMs, forMs: random.whole(50, random.chance(0.5) ? 1_500 : 20_000) };
    case 'block':
      return { kind, ...randomRoute(random, { machines, clients, services }), atMs, forMs: random.whole(200, 20_000) };
    case 'cut':
      return { kind, client: random.pick(clients), atMs };
    case 'clock':
      return { kind, machine, atMs, byMs: random.pick([-3_600_000, -60_000, -1_500, 1_500, 60_000, 86_400_000]) };
    case 'service':
      return { kind, atMs, what: randomServiceFault(random) };
  }
}

const weights: Record<Fault['kind'], number> = {
  ...{ call: 8, crash: 1, stop: 1, pause: 2, block: 2, cut: 1, clock: 1, service: 4 },
};

function randomCallFault(random: Random): CallFault {
  const kind = random.pick(['crash-before', 'crash-after', 'lose-request', 'lose-answer', 'late-request'] as const);
  switch (kind) {
    case 'crash-before':
    case 'crash-after':
      return { kind, downMs: random.whole(50, 5_000) };
    case 'late-request':
      return { kind, byMs: random.whole(100, 8_000) };
    default:
      return { kind };
  }
}

function randomServiceFault(random: Random): ServiceFault {
  const kind = random.weighted({ mail: 2, rebalance: 1, forget: 1 });
  if (kind !== 'mail') return { kind };
  return { kind, delivery: random.whole(0, deliveriesMax), what: random.pick(['lost', 'doubled'] as const) };
}

/** One direction between two places. */
function randomRoute(
  random: Random,
  { machines, clients, services }: Pick<Places, 'machines' | 'clients' | 'services'>,
) {
  const machine = random.pick(machines);
  const other = random.chance(0.5) ? random.pick(clients) : random.pick([...services, '*']);
  return random.chance(0.5) ? { from: machine, to: other } : { from: other, to: machine };
}
