import { configure, getConsoleSink, getJsonLinesFormatter, getTextFormatter } from '@logtape/logtape';
import { invitationLink } from '@parley/protocol';
import type { Adapters } from './compose/adapters.ts';
import { composeAdapters } from './compose/compose.ts';
import { systemClock } from './platform/clock.ts';
import { closeInOrder } from './platform/close-in-order.ts';
import { isServed, listenForControl } from './platform/control-socket.ts';
import { FolderHeld, Unavailable, Unwritable } from './platform/failures.ts';
import { readableByOthers } from './platform/file-access.ts';
import { systemIds } from './platform/ids.ts';
import { failureReporter, logOf } from './platform/log.ts';
import { pause } from './platform/waiting.ts';
import { Server } from './process/server.ts';
import { checkOpenFiles } from './settings/open-files.ts';
import type { Config } from './settings/settings.ts';
import { invitationForFirst } from './users/first-account.ts';

/**
 * Serves until the process receives a signal to stop.
 *
 * @throws {Unusable} when the settings, the folder, the services or the machine can't be used, when the data disappears
 *   while the server runs, and when the cluster's Redis servers were replaced.
 */
export async function serve(config: Config): Promise<void> {
  const stopped = stopSignal();
  await startLog(config);
  const log = logOf('server');
  const starting = start(config);
  const signalDuringStart = await Promise.race([stopped, starting.then(() => null)]);
  if (signalDuringStart !== null) {
    log.info('{signal}: stopping while the server starts', { signal: signalDuringStart });
    const started = await starting.catch((error: unknown) => {
      log.info('The start failed meanwhile: {reason}', { reason: error instanceof Error ? error.message : error });
      return null;
    });
    await started?.stop();
    log.info('Stopped.');
    return;
  }
  const { adapters, server, stop } = await starting;
  const isEmbedded = config.shape === 'embedded';
  if (isEmbedded) warnOfReaders(config.data);
  if (isEmbedded) log.info('Parley serves {url}, data in {data}', { url: server.url, data: config.data });
  else log.info('Parley serves {url} as {roles}', { url: server.url, roles: [...config.roles].join(', ') });
  // For a cluster, `parley cluster init` prints the link.
  if (isEmbedded) void inviteFirst(adapters, server.url);
  const ending = await Promise.race([stopped, adapters.lost]);
  if (typeof ending === 'string') {
    const drainMs = config['drain-ms'];
    log.info('{signal}: stopping; clients are disconnected over {drainMs} ms', { signal: ending, drainMs });
    await stop();
    log.info('Stopped.');
    return;
  }
  const { reason, keepsOpen } = ending;
  if (!keepsOpen) {
    log.error('Stopping: {reason}', { reason: reason.message });
    await stop().catch((error: unknown) => log.error('Stopping has failed: {error}', { error }));
  }
  throw reason;
}

interface Started {
  adapters: Adapters;
  server: Server;
  stop(): Promise<void>;
}

/** Resolves when the server serves. */
async function start(config: Config): Promise<Started> {
  checkOpenFiles();
  const isEmbedded = config.shape === 'embedded';
  // A server of a version that did not hold its folder is detected by its socket only.
  if (isEmbedded && (await isServed(config.data))) throw new FolderHeld(config.data);
  const adapters = await composeAdapters(config, systemClock);
  const { server, stopControl } = await listening(config, adapters).catch(async (error: unknown) => {
    await adapters.close().catch(failureReporter('server'));
    throw error;
  });
  await server.start().catch(async (error: unknown) => {
    await stopControl().catch(failureReporter('server'));
    throw error;
  });
  return {
    adapters,
    server,
    stop: () => closeInOrder(stopControl, () => server.stop()),
  };
}

/**
 * A server that does not serve yet, administered by its control socket. A cluster is administered from any machine that
 * reaches its services; the services of an embedded server are in this process.
 */
async function listening(
  config: Config,
  adapters: Adapters,
): Promise<{ server: Server; stopControl: () => Promise<void> }> {
  const server = new Server(config, adapters);
  if (config.shape === 'cluster') return { server, stopControl: async () => undefined };
  return { server, stopControl: listenForControl(config.data, (request) => server.control(request)) };
}

/** Logs the link for the first account as soon as the database can be written. Serving does not wait for it. */
async function inviteFirst({ users }: Pick<Adapters, 'users'>, url: string): Promise<void> {
  const log = logOf('server');
  try {
    const invitation = await invitationForFirst(users, systemClock, systemIds);
    if (invitation === null) return;
    log.info('There is no account yet. The first one administers this server. Create it at {link}', {
      link: invitationLink(url, invitation),
    });
  } catch (error) {
    if (error instanceof Unwritable) {
      await pause(systemClock, error.retryAfterMs);
      return inviteFirst({ users }, url);
    }
    // The process is stopping, and the database is closed.
    if (!(error instanceof Unavailable))
      log.error('The link for the first account could not be created: {error}', { error });
  }
}

/** These files may have been created by another program, or by a version that let all users read them. */
function warnOfReaders(folder: string): void {
  for (const path of readableByOthers(folder)) {
    logOf('server').warn('{path} can be read by other users of this machine: run "chmod go-rwx {path}"', { path });
  }
}

/**
 * Logs lines at a terminal and JSON otherwise. The log goes to standard error, because standard output is for results.
 */
function startLog(config: Config): Promise<void> {
  // The server continues when the reader of the log has closed the pipe.
  process.stderr.on('error', () => undefined);
  const formatter = process.stderr.isTTY ? getTextFormatter() : getJsonLinesFormatter();
  const write = (line: unknown) => void process.stderr.write(`${String(line).trimEnd()}\n`);
  const console = { ...globalThis.console, debug: write, info: write, warn: write, error: write };
  return configure({
    reset: true,
    sinks: { stderr: getConsoleSink({ formatter, console }) },
    loggers: [
      { category: 'parley', sinks: ['stderr'], lowestLevel: config['log-level'] },
      { category: ['logtape', 'meta'], sinks: ['stderr'], lowestLevel: 'error' },
    ],
  });
}

/** Resolves with the first signal to stop. Later signals do not interrupt stopping. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
  });
}
