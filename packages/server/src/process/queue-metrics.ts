import { statfsSync } from 'node:fs';
import type { Registry } from 'prom-client';
import type { Adapters } from '../compose/adapters.ts';
import type { CommandConsumer } from '../distribution/command-log-port.ts';
import type { CommandSubmitter } from '../distribution/submitter.ts';
import type { Health } from '../gateway/health.ts';
import type { Messaging } from '../messaging/messaging.ts';
import type { Clock } from '../platform/clock.ts';
import { within } from '../platform/waiting.ts';
import { counted, measure, measureEach } from './server-metrics.ts';

/** A scrape waits at most this long for one value. */
const lagLimitMs = 1_000;

/** Registers the metrics of an edge. */
export function measureEdge(
  registry: Registry,
  {
    messaging,
    submitter,
    commandLog,
  }: { messaging: Messaging; submitter: CommandSubmitter } & Pick<Adapters, 'commandLog'>,
  connectionsMax: number,
): void {
  const gauge = (name: string, help: string, read: () => number) => measure(registry, name, help, read);
  gauge('parley_connections', 'Sockets that are open.', () => messaging.connections);
  gauge('parley_connections_max', 'Sockets that may be open at once.', () => connectionsMax);
  gauge('parley_socket_backlog_bytes', 'Bytes that wait for slow readers.', () => messaging.backlogBytes);
  gauge('parley_users_here', 'Users with a connection to this server.', () => messaging.roster.users);
  gauge('parley_commands_in_flight', 'Commands whose outcome is awaited.', () => submitter.inFlight);
  gauge(
    'parley_command_log_append_waiting',
    'Commands that wait to be sent to the log.',
    () => commandLog.appends.waiting,
  );
  counted(registry, 'parley_command_log_records_total', 'Commands sent to the log.', () => commandLog.appends.records);
  counted(
    registry,
    'parley_command_log_sends_total',
    'Requests to the log that carried those commands.',
    () => commandLog.appends.sends,
  );
}

/** Registers the metrics of a process that distributes; `consumer` is null while it does not. */
export function measureDistribution(registry: Registry, consumer: () => CommandConsumer | null, clock: Clock): void {
  const owned = () => consumer()?.owned.size ?? 0;
  measure(registry, 'parley_command_log_partitions_owned', 'Partitions that this process takes commands from.', owned);
  const stopped = () => consumer()?.stopped.size ?? 0;
  measure(
    registry,
    'parley_command_log_partitions_stopped',
    'Partitions that this process stopped because the next command needs a later version.',
    stopped,
  );
  const lag = {
    ...{ name: 'parley_command_log_lag', label: 'partition' },
    help: 'Commands in each of those partitions that are not finished.',
  };
  measureEach(registry, lag, async () => {
    const behind = await within(clock, lagLimitMs, consumer()?.lag() ?? Promise.resolve(new Map<number, number>()));
    return Array.from(behind, ([partition, records]) => [String(partition), records] as const);
  });
}

/** Registers the metrics of the services that every process uses. */
export function measureServices(
  registry: Registry,
  { commandLog, mailboxes }: Pick<Adapters, 'commandLog' | 'mailboxes'>,
  health: Health,
): void {
  const gauge = (name: string, help: string, read: () => number) => measure(registry, name, help, read);
  gauge('parley_command_log_partitions', 'Partitions that the command log has.', () => commandLog.partitions);
  gauge('parley_mailbox_outgoing', 'Deliveries that wait to be put into mailboxes.', () => mailboxes.waiting.outgoing);
  gauge(
    'parley_mailbox_incoming',
    'Deliveries from the mailbox that wait to be processed.',
    () => mailboxes.waiting.incoming,
  );
  const up = {
    name: 'parley_service_up',
    help: 'Whether a service answers this process, 1 or 0.',
    label: 'service',
  };
  measureEach(registry, up, async () =>
    Object.entries(await health.services()).map(([service, outcome]) => [service, outcome === 'ok' ? 1 : 0] as const),
  );
}

/** Registers the free disk space of an embedded server. */
export function measureDisk(registry: Registry, folder: string): void {
  measure(registry, 'parley_disk_free_bytes', 'Free space on the disk of the data folder.', () => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  });
}
