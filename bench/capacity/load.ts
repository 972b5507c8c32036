import { BadRequest, type Parameters, type ScenarioOption } from '../scenario.ts';

/** The load that a cluster has to carry at its peak, and the machines that it is built of. */
export interface Load {
  /** Messages a second. */
  messages: number;
  online: number;
  dailyUsers: number;
  /** Connections that get each message, including the sender's, in conversations that are not broadcast. */
  recipients: number;
  /** Members of the largest channel. */
  members: number;
  textBytes: number;
  /** People whose presence a connection watches. */
  watched: number;
  retentionDays: number;
  peakFactor: number;
  /** Of a core or a disk, between 0 and 1. */
  utilisation: number;
  shards: number;
  connectionsPerEdge: number;
  connectionsPerProxy: number;
  machineCores: number;
  machineGiB: number;
  diskTB: number;
  coreHourPrice: number;
  diskPrice: number;
  trafficPrice: number;
}

/** An option with the bounds of its value. */
interface LoadOption extends ScenarioOption {
  field: keyof Load;
  least: number;
  most: number;
  isWhole?: boolean;
}

const option = (
  field: keyof Load,
  [value, least, most]: [value: number, least: number, most: number],
  help: string,
  isWhole = true,
): LoadOption => ({ field, default: String(value), least, most, help, isWhole });

const awsPrice = 'Amazon EC2 m7g, Linux, on demand, us-east-1, June 2026';

export const loadOptions: Record<string, LoadOption> = {
  messages: option('messages', [300_000, 1, 1e8], 'messages a second at the peak'),
  online: option('online', [5_000_000, 1, 1e9], 'people connected at the peak, each with one connection'),
  'daily-users': option('dailyUsers', [10_000_000, 1, 1e10], 'people who connect on a day; at least --online'),
  recipients: option(
    'recipients',
    [3, 1, 256],
    'connections that get a message, the sender included, on average',
    false,
  ),
  members: option('members', [300_000, 2, 500_000], 'members of the largest channel'),
  'text-bytes': option('textBytes', [200, 1, 40_000], 'bytes of a text, on average'),
  watched: option('watched', [50, 0, 500], 'people whose presence a connection watches, on average'),
  'retention-days': option('retentionDays', [365, 1, 36_500], 'days of messages that are stored'),
  'peak-factor': option(
    'peakFactor',
    [3, 1, 100],
    'messages a second at the peak, by those on average over the day',
    false,
  ),
  utilisation: option('utilisation', [60, 1, 90], 'percent of a core, a disk or a connection limit to use at the peak'),
  shards: option('shards', [256, 1, 10_000], 'shards of the cluster, which are fixed when it is created'),
  'connections-per-edge': option('connectionsPerEdge', [20_000, 1, 1e6], 'as in deploy/haproxy/haproxy.cfg'),
  'connections-per-proxy': option('connectionsPerProxy', [100_000, 1, 1e7], 'as in deploy/haproxy/haproxy.cfg'),
  'machine-cores': option('machineCores', [16, 1, 512], 'cores of each machine'),
  'machine-gib': option('machineGiB', [64, 1, 8_192], 'GiB of memory of each machine'),
  'disk-tb': option('diskTB', [16, 0.01, 1_000], 'TB of disk of each machine that stores data', false),
  'core-hour-price': option(
    'coreHourPrice',
    [0.0408, 0, 100],
    `US$ for a core with 4 GiB for an hour (${awsPrice})`,
    false,
  ),
  'disk-price': option(
    'diskPrice',
    [0.08, 0, 100],
    'US$ for a GB of disk for a month (Amazon EBS gp3, us-east-1, early 2026)',
    false,
  ),
  'traffic-price': option(
    'trafficPrice',
    [0.05, 0, 100],
    'US$ for a GB to the internet (Amazon EC2, above 150 TB a month, 2026)',
    false,
  ),
};

/** Checks the options. Throws {@link BadRequest} with what is allowed. */
export function loadOf(parameters: Parameters): Load {
  const values = Object.entries(loadOptions).map(([name, { field, least, most, isWhole }]) => {
    const value = parameters.number(name, least, most);
    if (isWhole && !Number.isInteger(value)) {
      throw new BadRequest(`--${name} must be a whole number, not "${parameters.text(name)}"`);
    }
    return [field, value] as const;
  });
  const load = Object.fromEntries(values) as unknown as Load;
  if (load.dailyUsers < load.online) {
    throw new BadRequest(`--daily-users must be at least --online, which is ${load.online}, not "${load.dailyUsers}"`);
  }
  return { ...load, utilisation: load.utilisation / 100 };
}
