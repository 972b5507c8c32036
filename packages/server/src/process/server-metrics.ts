import { closeCodes } from '@parley/protocol';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { batchMax } from '../distribution/command-log-port.ts';
import type { DistributionMetrics, SubmitMetrics } from '../distribution/distribution-metrics.ts';
import type { MessagingMetrics } from '../messaging/messaging-metrics.ts';

const batchSizes = [1, 2, 5, 10, 20, 50, 100, 200, batchMax];
/** What one machine does. */
const shortSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** What several do together, up to when nobody waits any more. */
const longSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

/** Distribution's measurements for Prometheus. */
export function distributionMetrics(registry: Registry): DistributionMetrics {
  const registers = [registry];
  const seconds = (name: string, help: string) => new Histogram({ name, help, registers, buckets: shortSeconds });
  const count = (name: string, help: string) => new Counter({ name, help, registers });
  const commands = new Histogram({
    ...{ name: 'parley_batch_commands', help: 'Commands in one batch.', buckets: batchSizes, registers },
  });
  const commit = seconds('parley_batch_commit_seconds', 'From taking a batch to its being decided and on disk.');
  const route = seconds('parley_batch_route_seconds', 'From the commit to knowing which servers get what.');
  const deliver = seconds('parley_batch_deliver_seconds', 'From knowing that to its being in the mailboxes.');
  const entries = count('parley_entries_routed_total', 'Entries on their way to servers.');
  const copies = count('parley_copies_total', 'Copies of entries, one for each server.');
  const setAside = count('parley_commands_set_aside_total', 'Commands that could not be decided.');
  const datedBack = count(
    'parley_entries_dated_back_total',
    'Entries dated before the ones before them, which a clock that was ahead had dated.',
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

/** Counts the jumps of this machine's clock. */
export function clockJumpMetric(registry: Registry): (byMs: number) => void {
  const jumps = new Counter({
    ...{ name: 'parley_clock_jumps_total', help: 'Times that the clock was set by more than 2 s, by direction.' },
    ...{ labelNames: ['direction'], registers: [registry] },
  });
  // What hasn't happened yet is 0, so that its first time is an increase.
  for (const direction of ['ahead', 'back']) jumps.inc({ direction }, 0);
  return (byMs) => jumps.inc({ direction: byMs > 0 ? 'ahead' : 'back' });
}

/** The measurements of those who submit commands. */
export function submitMetrics(registry: Registry): SubmitMetrics {
  const registers = [registry];
  const commands = new Histogram({
    ...{ name: 'parley_command_seconds', help: 'From accepting a command to its outcome.', registers },
    ...{ labelNames: ['outcome'], buckets: longSeconds },
  });
  const outcomes = {
    done: commands.labels('done'),
    unchanged: commands.labels('unchanged'),
    refused: commands.labels('refused'),
    unavailable: commands.labels('unavailable'),
  };
  const append = new Histogram({
    ...{ name: 'parley_command_append_seconds', help: 'From accepting a command to its being in the log.', registers },
    buckets: longSeconds,
  });
  const overloaded = new Counter({
    ...{ name: 'parley_commands_overloaded_total', help: 'Commands refused for there being too many.', registers },
  });
  return {
    appended: (durationMs) => append.observe(durationMs / 1_000),
    settled: (outcome, durationMs) => outcomes[outcome].observe(durationMs / 1_000),
    overloaded: () => overloaded.inc(),
  };
}

/** Messaging's measurements. */
export function messagingMetrics(registry: Registry): MessagingMetrics {
  const registers = [registry];
  const delivery = new Histogram({
    name: 'parley_delivery_seconds',
    help: 'From deciding an entry to handing it to the sockets here, by the clocks of both machines.',
    ...{ registers, buckets: longSeconds },
  });
  const frames = new Counter({
    ...{ name: 'parley_deliveries_total', help: 'Entries handed to sockets, each time for each socket.', registers },
  });
  const closed = new Counter({
    name: 'parley_sockets_closed_total',
    help: 'Sockets closed or not let in, by the reason that the close code stands for; "client" when the client did.',
    ...{ labelNames: ['reason'], registers },
  });
  // What hasn't happened yet is 0, so that its first time is an increase.
  for (const reason of ['client', ...Object.keys(closeCodes)]) closed.inc({ reason }, 0);
  const leases = new Counter({
    ...{ name: 'parley_leases_lost_total', help: 'Times that this process was taken for dead.', registers },
  });
  const forgotten = new Counter({
    ...{ name: 'parley_registry_forgotten_total', help: 'Times that the registry forgot who is where.', registers },
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

/** Measures something that is read when Prometheus asks. */
export function measure(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    ...{ name, help, registers: [registry] },
    collect() {
      this.set(read());
    },
  });
}

/** Measures several things of one kind; none of them while `read` rejects. */
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

/** Counts something that is counted elsewhere, and read when Prometheus asks. */
export function counted(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    ...{ name, help, registers: [registry] },
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
