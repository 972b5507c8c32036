import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InputOf, OperationId, ResponseOf } from '@parley/protocol';
import { HttpApi, ParleyError } from '@parley/sdk';
import {
  type Config,
  composeAdapters,
  controlSocketFile,
  databaseFile,
  FolderHeld,
  isServed,
  loadConfig,
  Server,
  systemClock,
} from '@parley/server';
import { Failure } from '../failure.ts';

/** Calls operations on a data folder with the administrator's permissions. */
export interface Control {
  call<Id extends OperationId>(id: Id, input: InputOf<Id>): Promise<ResponseOf<Id>>;
}

/** Timeout of one call to a running server. */
const answerTimeoutMs = 10_000;

/** How often the folder is tried while a starting server, or another command, has locked it. */
const attemptsMax = 4;

/**
 * Runs `work` with the server that serves the folder. If none does, composes a server that accepts no connections. For
 * a cluster, whose services the environment names, it always composes one.
 */
export async function withControl<Result>(
  dataFolder: string,
  work: (control: Control) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig({ data: dataFolder }, process.env, process.env['PARLEY_CONFIG']);
  if (config.shape === 'cluster') return composed(config, work);
  const unix = controlSocketFile(dataFolder);
  for (let attempt = 1; ; attempt++) {
    if (await isServed(dataFolder)) {
      return withFailures(work(apiOver((url, init) => answered(url, { ...init, unix }, dataFolder))));
    }
    if (!existsSync(join(dataFolder, databaseFile))) {
      throw new Failure(`--data: there is no Parley database in ${dataFolder}; \`parley serve\` creates one`);
    }
    try {
      return await composed(config, work);
    } catch (error) {
      if (!(error instanceof FolderHeld) || attempt === attemptsMax) throw error;
    }
  }
}

/** The server's answer. Waiting is bounded, because the server may be stopped or hang. */
async function answered(url: string, init: RequestInit & { unix: string }, dataFolder: string): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(answerTimeoutMs) });
  } catch (cause) {
    throw new Failure(`--data: the server that serves ${dataFolder} does not answer`, { cause });
  }
}

async function composed<Result>(config: Config, work: (control: Control) => Promise<Result>): Promise<Result> {
  const adapters = await composeAdapters(config, systemClock);
  const server = new Server(config, adapters);
  try {
    return await withFailures(work(apiOver(async (url, init) => server.control(new Request(url, init)))));
  } finally {
    await adapters.close();
  }
}

function apiOver(fetch: (url: string, init: RequestInit) => Promise<Response>): Control {
  return new HttpApi('http://control', { fetch });
}

/** Turns refusals into failures, whose messages are printed. */
async function withFailures<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ParleyError) throw new Failure(error.message, { cause: error });
    throw error;
  }
}
