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

/** The administrator's way into a data folder. */
export interface Control {
  call<Id extends OperationId>(id: Id, input: InputOf<Id>): Promise<ResponseOf<Id>>;
}

/** Longest wait for what the server does for one call. */
const answerMs = 10_000;

/** How often a server that just starts, or another command, is met again before that is given up. */
const attempts = 4;

/**
 * Runs `work` with the server that serves the folder, or, when none does, with one that is composed for it and not
 * offered to anybody; so too for a cluster, whose services the environment names.
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
      return inWords(work(apiOver((url, init) => answered(url, { ...init, unix }, dataFolder))));
    }
    if (!existsSync(join(dataFolder, databaseFile))) {
      throw new Failure(`--data: there is no Parley database in ${dataFolder}; \`parley serve\` makes one`);
    }
    try {
      return await composed(config, work);
    } catch (error) {
      if (!(error instanceof FolderHeld) || attempt === attempts) throw error;
    }
  }
}

/** The server's answer. A server that is stopped, or hangs, is not waited for without end. */
async function answered(url: string, init: RequestInit & { unix: string }, dataFolder: string): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(answerMs) });
  } catch (cause) {
    throw new Failure(`--data: the server that serves ${dataFolder} does not answer`, { cause });
  }
}

async function composed<Result>(config: Config, work: (control: Control) => Promise<Result>): Promise<Result> {
  const adapters = await composeAdapters(config, systemClock);
  const server = new Server(config, adapters);
  try {
    return await inWords(work(apiOver(async (url, init) => server.control(new Request(url, init)))));
  } finally {
    await adapters.close();
  }
}

function apiOver(fetch: (url: string, init: RequestInit) => Promise<Response>): Control {
  return new HttpApi('http://control', { fetch });
}

/** Refusals become sentences. */
async function inWords<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ParleyError) throw new Failure(error.message, { cause: error });
    throw error;
  }
}
