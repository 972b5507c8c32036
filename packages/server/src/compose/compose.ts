import type { PoolBounds } from '../adapters/postgres/pool.ts';
import { DatabaseLocked } from '../adapters/sqlite/database.ts';
import type { Clock } from '../platform/clock.ts';
import { closeInOrder } from '../platform/close-in-order.ts';
import { Unusable } from '../platform/failures.ts';
import { failureReporter } from '../platform/log.ts';
import { version } from '../platform/version.ts';
import { pause } from '../platform/waiting.ts';
import type { Config } from '../settings/settings.ts';
import type { Adapters } from './adapters.ts';
import { embeddedAdapters } from './embedded.ts';

const lockRetryMs = 100;
const lockWaitMs = 5_000;

/** A clock that shows an earlier time is not set. */
const clockMinMs = Date.UTC(2020, 0, 1);

/**
 * Opens the adapters of the configured shape.
 *
 * @param poolBounds bounds for PostgreSQL other than the product's.
 * @throws {Unusable} when the folder or the services can't be used, or when the machine's clock is not set.
 */
export async function composeAdapters(config: Config, clock: Clock, poolBounds?: PoolBounds): Promise<Adapters> {
  if (clock.nowMs() < clockMinMs) {
    const time = new Date(clock.nowMs()).toISOString();
    throw new Unusable(`the clock of this machine says ${time}: set it, and keep it set by NTP`);
  }
  const adapters = await adaptersOfShape(config, clock, poolBounds);
  if (config['otlp-endpoint'] === '') return adapters;
  return recordingHops(adapters, config).catch(async (error: unknown) => {
    await adapters.close();
    throw error;
  });
}

async function adaptersOfShape(config: Config, clock: Clock, poolBounds?: PoolBounds): Promise<Adapters> {
  if (config.shape === 'embedded') return embeddedOnceUnlocked(config, clock);
  // The clients of the services take half a second to load, which an embedded server does not need.
  const { clusterAdapters } = await import('./cluster.ts');
  return clusterAdapters(config, poolBounds);
}

/** Waits a few seconds for another program, such as a backup, that has locked the database. Then throws. */
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

/** Returns the adapters with a recorder that sends hops to a collector. */
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
    close: () =>
      closeInOrder(
        () => hops.close(),
        () => adapters.close(),
      ),
  };
}
