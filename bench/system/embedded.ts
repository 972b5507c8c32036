import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Adapters, composeAdapters, type GivenSettings, loadConfig, systemClock } from '@parley/server';
import { ServerProcess } from '../../packages/server/test/support/server-process.ts';
import { slowDisk } from '../../packages/server/test/support/slow-disk/slow-disk.ts';
import { writtenBytesOf } from '../measure/machine.ts';
import { createPeople, type Person } from './people.ts';
import type { StoringSystem } from './system.ts';

/** Settings that let the few addresses of the clients do what many do elsewhere. */
export const benchSettings = { 'rate-limits': 'off', 'max-connections-per-address': '100000' };

interface EmbeddedOptions {
  /** Each sync to disk takes this much longer. */
  fsyncMs?: number;
  settings?: GivenSettings;
}

type StartOptions = Required<Pick<Parameters<typeof ServerProcess.start>[0], 'settings' | 'environment'>>;

/** One server process with its SQLite database in a folder of its own. */
export async function startEmbedded(
  peopleCount: number,
  { fsyncMs = 0, settings = {} }: EmbeddedOptions = {},
): Promise<Embedded> {
  const data = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const environment = fsyncMs > 0 ? await slowDisk(data, fsyncMs * 1_000, join(data, 'syncs')) : {};
  const adapters = await composeAdapters(loadConfig({ data }, {}), systemClock);
  const people = await createPeople(adapters.users, peopleCount);
  await adapters.close();
  return Embedded.start(data, people, { settings: { ...benchSettings, ...settings, data }, environment });
}

export class Embedded implements StoringSystem {
  readonly name = 'embedded';

  private constructor(
    private readonly data: string,
    readonly people: Person[],
    private readonly options: StartOptions,
    private server: ServerProcess,
  ) {}

  static async start(data: string, people: Person[], options: StartOptions): Promise<Embedded> {
    try {
      return new Embedded(data, people, options, await ServerProcess.start(options));
    } catch (error) {
      rmSync(data, { recursive: true, force: true });
      throw error;
    }
  }

  get url(): string {
    return this.server.url.replace('localhost', '127.0.0.1');
  }

  get port(): number {
    return this.server.port;
  }

  get ports(): number[] {
    return [this.port];
  }

  processes(): Record<string, number[]> {
    return { server: [this.server.pid] };
  }

  residentBytes(): number {
    return this.server.residentBytes();
  }

  async writtenBytes(): Promise<Record<string, number>> {
    return { server: writtenBytesOf(this.server.pid) };
  }

  async storedBytes(): Promise<number> {
    await this.server.stop();
    const bytes = readdirSync(this.data, { withFileTypes: true })
      .filter((file) => file.isFile())
      .reduce((sum, { name }) => sum + statSync(join(this.data, name)).size, 0);
    this.server = await ServerProcess.start(this.options);
    return bytes;
  }

  /** Uses the stores while the server is stopped, and starts it again. */
  async whileStopped<Result>(use: (adapters: Adapters) => Promise<Result>): Promise<Result> {
    await this.server.stop();
    const adapters = await composeAdapters(loadConfig({ data: this.data }, {}), systemClock);
    try {
      return await use(adapters);
    } finally {
      await adapters.close();
      this.server = await ServerProcess.start(this.options);
    }
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}
