import { configure, getConsoleSink, getJsonLinesFormatter, getTextFormatter } from '@logtape/logtape';
import { invitationLink } from '@parley/protocol';
import type { Adapters } from './compose/adapters.ts';
import { composeAdapters } from './compose/compose.ts';
import { systemClock } from './platform/clock.ts';
import { isServed, listenForControl } from './platform/control-socket.ts';
import { FolderHeld, Unavailable, Unusable, Unwritable } from './platform/failures.ts';
import { readableByOthers } from './platform/file-access.ts';
import { systemIds } from './platform/ids.ts';
import { logOf } from './platform/log.ts';
import { pause } from './platform/waiting.ts';
import { Server } from './process/server.ts';
import { checkOpenFiles } from './settings/open-files.ts';
import type { Config } from './settings/settings.ts';
import { invitationForFirst } from './users/first-account.ts';

/**
 * Serves until the process is told to stop.
 *
 * @throws {Unusable} for settings, a folder, services or a machine that can't be served with, and when its data is gone
 *   while it serves.
 */
export async function serve(config: Config): Promise<void> {
  await startLog(config);
  checkOpenFiles();
  const isEmbedded = config.shape === 'embedded';
  // A server of a version that didn't hold its folder is known by its socket alone.
  if (isEmbedded && (await isServed(config.data))) throw new FolderHeld(config.data);
  const adapters = await composeAdapters(config, systemClock);
  const server = new Server(config, adapters);
  // A cluster is administered from anywhere that reaches its services; an embedded server's are in this process.
  const stopControl = isEmbedded
    ? listenForControl(config.data, (request) => server.control(request))
    : async () => undefined;
  await server.start().catch(async (error: unknown) => {
    await stopControl();
    throw error;
  });
  const stopped = toldToStop();
  const log = logOf('server');
  if (isEmbedded) warnOfReaders(config.data);
  if (isEmbedded) log.info('Parley serves {url}, data in {data}', { url: server.url, data: config.data });
  else log.info('Parley serves {url} as {roles}', { url: server.url, roles: [...config.roles].join(', ') });
  // For a cluster `parley cluster init` prints it.
  if (isEmbedded) void inviteFirst(adapters, server.url);
  const signal = await Promise.race([stopped, adapters.lost]);
  // Nothing that is under way can be finished, and what is at the paths now may belong to another process.
  if (signal instanceof Unusable) throw signal;
  log.info('{signal}: stopping; clients are sent away over {drainMs} ms', { signal, drainMs: config['drain-ms'] });
  await stopControl();
  await server.stop();
  log.info('Stopped.');
}

/** Logs the link for the first account, as soon as the database takes writes: serving does not depend on it. */
async function inviteFirst({ users }: Pick<Adapters, 'users'>, url: string): Promise<void> {
  const log = logOf('server');
  try {
    const invitation = await invitationForFirst(users, systemClock, systemIds);
    if (invitation === null) return;
    log.info('There is no account yet. The first one administers this server. Make it at {link}', {
      link: invitationLink(url, invitation),
    });
  } catch (error) {
    if (error instanceof Unwritable) {
      await pause(systemClock, error.retryAfterMs);
      return inviteFirst({ users }, url);
    }
    // The process stops: the database is closed.
    if (!(error instanceof Unavailable))
      log.error('The link for the first account could not be made: {error}', { error });
  }
}

/** What was there before this process may have been made by another, or by a version that let everybody read. */
function warnOfReaders(folder: string): void {
  for (const path of readableByOthers(folder)) {
    logOf('server').warn('{path} can be read by other users of this machine: run "chmod go-rwx {path}"', { path });
  }
}

/** Lines for people at a terminal, JSON for everything else; on standard error, so that output stays what was asked for. */
function startLog(config: Config): Promise<void> {
  // Nobody reading the log any more is no reason to stop serving.
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

/** Resolves with the first signal to stop; those that follow are not let interrupt the stopping. */
function toldToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
  });
}
