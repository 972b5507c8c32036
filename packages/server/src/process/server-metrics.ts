import { closeCodes } from '@parley/protocol';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { batchMax } from '../distribution/command-log-port.ts';
import type { DistributionMetrics, SubmitMetrics } from '../distribution/distribution-metrics.ts';
import type { MessagingMetrics } from '../messaging/messaging-metrics.ts';

const batchSizes = [1, 2, 5, 10, 20, 50, 100, 200, batchMax];
/** Buckets for work of one machine. */
const shortSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Buckets for work of several machines, up to the longest time that a client waits. */
const longSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

/** Registers the metrics of distribution. */
export function distributionMetrics(registry: Registry): DistributionMetrics {
  const registers = [registry];
  const seconds = (name: string, help: string) => new Histogram({ name, help, registers, buckets: shortSeconds });
  const count = (name: string, help: string) => new Counter({ name, help, registers });
  const commands = new Histogram({
    ...{ name: 'parley_batch_commands', help: 'Commands in one batch.', buckets: batchSizes, registers },
  });
  const commit = seconds('parley_batch_commit_seconds', 'Time from taking a batch until it is decided and on disk.');
  const route = seconds(
    'parley_batch_route_seconds',
    'Time from the commit until the servers of the recipients are known.',
  );
  const deliver = seconds('parley_batch_deliver_seconds', 'Time from then until the copies are in the mailboxes.');
  const entries = count('parley_entries_routed_total', 'Entries that were routed to servers.');
  const copies = count('parley_copies_total', 'Copies of entries, one for each server.');
  const setAside = count('parley_commands_set_aside_total', 'Commands that could not be decided.');
  const datedBack = count(
    'parley_entries_dated_back_total',
    'Entries with an earlier time than the entry before, whose clock was ahead.',
  );
  return {
    commandSetAside: () => setAside.inc(),
    datedBack: (number) => datedBack.inc(number),
    batchDone(batch) {
      commands.observe(batch.commands);
      entries.inc(batch.entries);
      copies.inc(batch.copies);
      commit.observe(batch.commitMs / 1_000);
      route.observe(batch.routeMs / 1_000);
      deliver.observe(batch.deliverMs / 1_000);
    },
  };
}

/** Registers the metric of clock jumps. Returns the function that counts one. */
export function clockJumpMetric(registry: Registry): (byMs: number) => void {
  const jumps = new Counter({
    ...{ name: 'parley_clock_jumps_total', help: 'Times that the clock was set by more than 2 s, by direction.' },
    ...{ labelNames: ['direction'], registers: [registry] },
  });
  // Starts at 0, so that Prometheus sees the first event as an increase.
  for (const direction of ['ahead', 'back']) jumps.inc({ direction }, 0);
  return (byMs) => jumps.inc({ direction: byMs > 0 ? 'ahead' : 'back' });
}

/** Registers the metrics of submitting commands. */
export function submitMetrics(registry: Registry): SubmitMetrics {
  const registers = [registry];
  const commands = new Histogram({
    ...{ name: 'parley_command_seconds', help: 'Time from accepting a command to its outcome.', registers },
    ...{ labelNames: ['outcome'], buckets: longSeconds },
  });
  const outcomes = {
    done: commands.labels('done'),
    amended: commands.labels('amended'),
    unchanged: commands.labels('unchanged'),
    refused: commands.labels('refused'),
    unavailable: commands.labels('unavailable'),
  };
  const append = new Histogram({
    ...{
      name: 'parley_command_append_seconds',
      help: 'Time from accepting a command until it is in the log.',
      registers,
    },
    buckets: longSeconds,
  });
  const overloaded = new Counter({
    ...{
      name: 'parley_commands_overloaded_total',
      help: 'Commands refused because too many were under way.',
      registers,
    },
  });
  return {
    appended: (durationMs) => append.observe(durationMs / 1_000),
    settled: (outcome, durationMs) => outcomes[outcome].observe(durationMs / 1_000),
    overloaded: () => overloaded.inc(),
  };
}

/** Registers the metrics of messaging. */
export function messagingMetrics(registry: Registry): MessagingMetrics {
  const registers = [registry];
  const delivery = new Histogram({
    name: 'parley_delivery_seconds',
    help: 'Time from deciding an entry to sending it to sockets here, by the clocks of both machines.',
    ...{ registers, buckets: longSeconds },
  });
  const frames = new Counter({
    ...{ name: 'parley_deliveries_total', help: 'Entries sent to sockets, counted once per socket.', registers },
  });
  const closed = new Counter({
    name: 'parley_sockets_closed_total',
    help: 'Sockets closed or refused, by the reason of the close code; "client" when the client closed it.',
    ...{ labelNames: ['reason'], registers },
  });
  // Starts at 0, so that Prometheus sees the first event as an increase.
  for (const reason of ['client', ...Object.keys(closeCodes)]) closed.inc({ reason }, 0);
  const leases = new Counter({
    ...{ name: 'parley_leases_lost_total', help: 'Times that this process lost its lease.', registers },
  });
  const forgotten = new Counter({
    ...{ name: 'parley_registry_forgotten_total', help: 'Times that the registry lost its data.', registers },
  });
  return {
    handedOut({ sockets, sinceDecidedMs }) {
      delivery.observe(sinceDecidedMs / 1_000);
      frames.inc(sockets);
    },
    socketClosed: (reason) => closed.inc({ reason }),
    leaseLost: () => leases.inc(),
    registryForgot: () => forgotten.inc(),
  };
}

/** Registers a gauge that is read at each scrape. */
export function measure(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    ...{ name, help, registers: [registry] },
    collect() {
      this.set(read());
    },
  });
}

/** Registers a gauge with a label, read at each scrape; it has no values while `read` rejects. */
export function measureEach(
  registry: Registry,
  { name, help, label }: { name: string; help: string; label: string },
  read: () => Promise<Iterable<readonly [string, number]>>,
): void {
  new Gauge({
    ...{ name, help, registers: [registry], labelNames: [label] },
    async collect() {
      const values = await read().catch(() => []);
      this.reset();
      for (const [each, value] of values) this.set({ [label]: each }, value);
    },
  });
}

/** Registers a counter whose value is read at each scrape. */
export function counted(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    ...{ name, help, registers: [registry] },
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
