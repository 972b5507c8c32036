import type { Clock } from '../platform/clock.ts';
import type { Config } from '../settings/settings.ts';
import type { Adapters } from './adapters.ts';
import { embeddedAdapters } from './embedded.ts';

/** The adapters of the shape that the configuration asks for. */
export async function composeAdapters(config: Config, clock: Clock): Promise<Adapters> {
  if (config.shape === 'embedded') return embeddedAdapters(config.data, clock);
  // The clients of the services take half a second to load, which nobody else has to wait for.
  const { clusterAdapters } = await import('./cluster.ts');
  return clusterAdapters(config);
}
