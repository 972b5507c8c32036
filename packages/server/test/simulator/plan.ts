import { SimulatedCluster } from './cluster.ts';
import { SimulatedEmbedded } from './embedded.ts';
import { type Fault, randomFaults } from './faults.ts';
import { services } from './network.ts';
import { type Operation, randomOperations } from './operations.ts';
import { Random } from './random.ts';

/** Everything that a run depends on. */
export interface Plan {
  seed: number;
  shape: 'cluster' | 'embedded';
  /** Every message takes the same time. */
  plainNetwork: boolean;
  faults: readonly Fault[];
  operations: readonly Operation[];
}

/** The devices, by the name of their user: ana, who owns the group, has two. */
export const devices: Readonly<Record<string, string>> = { ana: 'ana', phone: 'ana', ben: 'ben', cem: 'cem' };
export const owner = 'ana';
export const stormMs = 20_000;
const embeddedShare = 0.2;
/** An embedded server calls its disk alone. */
const callsMax = { cluster: 400, embedded: 150 };

export function planOf(seed: number): Plan {
  const random = new Random(`plan ${seed}`);
  const clients = Object.keys(devices);
  const members = Object.values(devices).filter((user) => user !== owner);
  const shape = random.chance(embeddedShare) ? 'embedded' : 'cluster';
  const machines = shape === 'cluster' ? SimulatedCluster.machineNames : SimulatedEmbedded.machineNames;
  const places = {
    machines,
    clients,
    services: shape === 'cluster' ? services : [],
    stormMs,
    callsMax: callsMax[shape],
  };
  return {
    ...{ seed, shape },
    plainNetwork: random.chance(0.1),
    faults: randomFaults(random.fork('faults'), places),
    operations: randomOperations(random.fork('operations'), {
      ...{ clients, owner, members, stormMs },
      count: random.whole(20, 250),
    }),
  };
}
