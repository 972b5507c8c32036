import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeAdapters, loadConfig, systemClock } from '@parley/server';
import { ServerProcess } from '../../packages/server/test/support/server-process.ts';
import { slowDisk } from '../../packages/server/test/support/slow-disk/slow-disk.ts';
import { writtenBytesOf } from '../measure/machine.ts';
import { createPeople, type Person } from './people.ts';
import type { StoringSystem } from './system.ts';

/** Settings that let the few addresses of the clients do what many do elsewhere. */
export const benchSettings = { 'rate-limits': 'off', 'max-connections-per-address': '100000' };

/** One server process with its SQLite database in a folder of its own. Each sync to disk takes `fsyncMs` longer. */
export async function startEmbedded(peopleCount: number, fsyncMs = 0): Promise<StoringSystem> {
  const data = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const environment = fsyncMs > 0 ? await slowDisk(data, fsyncMs * 1_000, join(data, 'syncs')) : {};
  const adapters = await composeAdapters(loadConfig({ data }, {}), systemClock);
  const people = await createPeople(adapters.users, peopleCount);
  await adapters.close();
  return Embedded.start(data, people, environment);
}

class Embedded implements StoringSystem {
  readonly name = 'embedded';

  private constructor(
    private readonly data: string,
    readonly people: Person[],
    private readonly environment: Record<string, string>,
    private server: ServerProcess,
  ) {}

  static async start(data: string, people: Person[], environment: Record<string, string>): Promise<Embedded> {
    return new Embedded(data, people, environment, await startServer(data, environment));
  }

  get url(): string {
    return this.server.url.replace('localhost', '127.0.0.1');
  }

  get port(): number {
    return this.server.port;
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
    this.server = await startServer(this.data, this.environment);
    return bytes;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}

function startServer(data: string, environment: Record<string, string>): Promise<ServerProcess> {
  return ServerProcess.start({ settings: { ...benchSettings, data }, environment });
}
