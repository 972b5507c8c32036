import { assumptions } from './assumptions.ts';
import type { Load } from './load.ts';
import type { Network } from './network.ts';
import { machinesOf, type Part } from './parts.ts';

/** US$ a month. */
export interface Cost {
  machines: number;
  disks: number;
  traffic: number;
  total: number;
  perMillionDailyUsers: number;
}

export function costOf(load: Load, parts: readonly Part[], { toClientsMean }: Network): Cost {
  const hours = assumptions.hoursPerMonth.value;
  const machines = machinesOf(parts) * load.machineCores * hours * load.coreHourPrice;
  // Disks are bought with the room that the utilisation leaves.
  const disks = (parts.reduce((sum, part) => sum + part.diskTB, 0) / load.utilisation) * 1_000 * load.diskPrice;
  const traffic = ((toClientsMean * hours * 3_600) / 1e9) * load.trafficPrice;
  const total = machines + disks + traffic;
  return { machines, disks, traffic, total, perMillionDailyUsers: total / (load.dailyUsers / 1e6) };
}
