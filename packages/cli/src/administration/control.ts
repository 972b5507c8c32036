import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InputOf, OperationId, ResponseOf } from '@parley/protocol';
import { HttpApi, ParleyError } from '@parley/sdk';
import {
  type Config,
  composeAdapters,
  controlSocketFile,
  databaseFile,
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
  if (await isServed(dataFolder)) {
    const unix = controlSocketFile(dataFolder);
    return inWords(work(apiOver((url, init) => fetch(url, { ...init, unix }))));
  }
  if (!existsSync(join(dataFolder, databaseFile))) {
    throw new Failure(`--data: there is no Parley database in ${dataFolder}; \`parley serve\` makes one`);
  }
  return composed(config, work);
}

async function composed<Result>(config: Config, work: (control: Control) => Promise<Result>): Promise<Result> {
  const adapters = await composeAdapters(config, systemClock);
  const server = new Server(adapters, config);
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
