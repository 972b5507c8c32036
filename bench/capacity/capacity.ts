import { channelOf, type LargestChannel } from './channel.ts';
import { type Cost, costOf } from './cost.ts';
import { type Limit, limitsOf } from './limits.ts';
import type { Load } from './load.ts';
import { type Network, networkOf } from './network.ts';
import { type Part, type PartName, partsOf } from './parts.ts';
import type { Units } from './units.ts';

export interface Capacity {
  load: Load;
  parts: Record<PartName, Part>;
  network: Network;
  channel: LargestChannel;
  /** The most used first. */
  limits: Limit[];
  cost: Cost;
}

/** Computes machines, disks and networks for a load from what each unit of work uses. */
export function capacityOf(units: Units, load: Load): Capacity {
  const parts = partsOf(units, load);
  const network = networkOf(units, load);
  return {
    ...{ load, parts, network },
    channel: channelOf(units, load, parts.edge.processes),
    limits: limitsOf(units, load, parts),
    cost: costOf(load, Object.values(parts), network),
  };
}
