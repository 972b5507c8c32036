import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { batchMax } from './distribution/command-log-port.ts';
import type { DistributionMetrics } from './distribution/distribution-metrics.ts';

const batchSizes = [1, 2, 5, 10, 20, 50, 100, 200, batchMax];
const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Distribution's measurements for Prometheus. */
export function distributionMetrics(registry: Registry): DistributionMetrics {
  const registers = [registry];
  const commands = new Histogram({
    ...{ name: 'parley_batch_commands', help: 'Commands in one batch.', buckets: batchSizes, registers },
  });
  const commit = new Histogram({
    ...{ name: 'parley_batch_commit_seconds', help: 'From taking a batch to its being on disk.', registers },
    buckets: secondsBuckets,
  });
  const route = new Histogram({
    ...{ name: 'parley_batch_route_seconds', help: 'From the commit to the copies in the mailboxes.', registers },
    buckets: secondsBuckets,
  });
  const entries = new Counter({
    ...{ name: 'parley_entries_routed_total', help: 'Entries on their way to servers.', registers },
  });
  const copies = new Counter({
    ...{ name: 'parley_copies_total', help: 'Copies of entries, one for each server.', registers },
  });
  const setAside = new Counter({
    ...{ name: 'parley_commands_set_aside_total', help: 'Commands that could not be decided.', registers },
  });
  return {
    commandSetAside: () => setAside.inc(),
    batchDone(batch) {
      commands.observe(batch.commands);
      entries.inc(batch.entries);
      copies.inc(batch.copies);
      commit.observe(batch.commitMs / 1_000);
      route.observe(batch.routeMs / 1_000);
    },
  };
}

/** Measures something that is read when Prometheus asks. */
export function measure(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    ...{ name, help, registers: [registry] },
    collect() {
      this.set(read());
    },
  });
}
