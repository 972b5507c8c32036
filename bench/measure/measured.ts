import type { Row } from '../scenario.ts';
import type { Latencies } from './latencies.ts';
import { type ProcessorTime, quietShare } from './processor-time.ts';

/** The columns of processor time that every figure has: by unit of work for the server and the clients. */
export function processorColumns({ server, clients, others, seconds }: ProcessorTime, units: number): Row {
  const each = (us: number) => (units > 0 ? us / units : Number.NaN);
  return {
    ...Object.fromEntries(Object.entries(server).map(([role, us]) => [`${role} µs`, each(us)])),
    'clients µs': each(clients),
    'server cores': Object.values(server).reduce((sum, us) => sum + us, 0) / (seconds * 1e6),
    ...quietColumns(others),
  };
}

/** The columns that show whether other programs disturbed a figure, by their share of a core. */
export function quietColumns(others: number): Row {
  return { 'others % of a core': Math.round(others * 100), quiet: others > quietShare ? 'no: disturbed' : 'yes' };
}

/** The processor time of all server processes for a unit of work, in microseconds. */
export function serverUs({ server }: ProcessorTime, units: number): number {
  return Object.values(server).reduce((sum, us) => sum + us, 0) / units;
}

export function latencyColumns(name: string, latencies: Latencies): Row {
  return {
    [`${name} p50 ms`]: latencies.percentile(50),
    [`${name} p99 ms`]: latencies.percentile(99),
    [`${name} max ms`]: latencies.percentile(100),
  };
}
