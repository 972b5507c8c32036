import type { Clock } from '../platform/clock.ts';
import type { Config } from '../settings/settings.ts';
import type { Adapters } from './adapters.ts';
import { clusterAdapters } from './cluster.ts';
import { embeddedAdapters } from './embedded.ts';

/** The adapters of the shape that the configuration asks for. */
export async function composeAdapters(config: Config, clock: Clock): Promise<Adapters> {
  return config.shape === 'cluster' ? clusterAdapters(config) : embeddedAdapters(config.data, clock);
}
