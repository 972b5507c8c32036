import { DatabaseLocked } from '../adapters/sqlite/database.ts';
import type { Clock } from '../platform/clock.ts';
import { Unusable } from '../platform/failures.ts';
import { failureReporter } from '../platform/log.ts';
import { version } from '../platform/version.ts';
import { pause } from '../platform/waiting.ts';
import type { Config } from '../settings/settings.ts';
import type { Adapters } from './adapters.ts';
import { embeddedAdapters } from './embedded.ts';

const lockRetryMs = 100;
const lockWaitMs = 5_000;

/** No clock that is set tells a time before this program was written. */
const clockMinMs = Date.UTC(2020, 0, 1);

/**
 * The adapters of the shape that the configuration asks for.
 *
 * @throws {Unusable} when the folder or the services can't be used, or when the machine's clock isn't set.
 */
export async function composeAdapters(config: Config, clock: Clock): Promise<Adapters> {
  if (clock.nowMs() < clockMinMs) {
    const told = new Date(clock.nowMs()).toISOString();
    throw new Unusable(`the clock of this machine says ${told}: set it, and keep it set by NTP`);
  }
  const adapters = await adaptersOfShape(config, clock);
  return config['otlp-endpoint'] === '' ? adapters : recordingHops(adapters, config);
}

async function adaptersOfShape(config: Config, clock: Clock): Promise<Adapters> {
  if (config.shape === 'embedded') return embeddedOnceUnlocked(config, clock);
  // The clients of the services take half a second to load, which nobody else has to wait for.
  const { clusterAdapters } = await import('./cluster.ts');
  return clusterAdapters(config);
}

/** Another program may have the database locked for a moment, a backup for one. Throws when that lasts. */
async function embeddedOnceUnlocked(config: Config, clock: Clock): Promise<Adapters> {
  const endMs = clock.monotonicMs() + lockWaitMs;
  while (true) {
    try {
      return embeddedAdapters(config.data, clock, config['feed-records']);
    } catch (error) {
      if (!(error instanceof DatabaseLocked) || clock.monotonicMs() > endMs) throw error;
      await pause(clock, lockRetryMs);
    }
  }
}

/** The same adapters, with hops sent to a collector. */
async function recordingHops(adapters: Adapters, config: Config): Promise<Adapters> {
  const { OpenTelemetryRecorder } = await import('../adapters/opentelemetry/hop-recorder.ts');
  const hops = new OpenTelemetryRecorder({
    endpoint: config['otlp-endpoint'],
    ratio: config['trace-ratio'],
    resource: {
      'service.name': 'parley',
      'service.namespace': config['cluster-name'],
      'service.version': version,
      'service.instance.id': crypto.randomUUID(),
      'parley.roles': [...config.roles].join(','),
    },
    report: failureReporter('tracing'),
  });
  return {
    ...adapters,
    hops,
    async close() {
      await hops.close();
      await adapters.close();
    },
  };
}
