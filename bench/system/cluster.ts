import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeAdapters, loadConfig, systemClock } from '@parley/server';
import { postgresServers } from '../../packages/server/src/compose/cluster.ts';
import { ClusterUnderTest, withPool } from '../../packages/server/test/support/cluster-services.ts';
import { ServerProcess } from '../../packages/server/test/support/server-process.ts';
import { writtenBytesOf } from '../measure/machine.ts';
import { withDescendants } from '../measure/processor-time.ts';
import { benchSettings } from './embedded.ts';
import { createPeople, type Person } from './people.ts';
import type { StoringSystem } from './system.ts';

type ServiceState = Record<string, { pid: number }>;

const stateFile = join(import.meta.dir, '../../.services/state.json');

/**
 * One process with the roles gateway and messaging and one with distribution, on the services that
 * `npm run services -- up` started on this machine.
 */
export async function startCluster(peopleCount: number): Promise<StoringSystem> {
  const cluster = await ClusterUnderTest.make();
  const adapters = await composeAdapters(loadConfig(cluster.settings, {}), systemClock);
  const people = await createPeople(adapters.users, peopleCount);
  await adapters.close();
  const settings = { ...benchSettings, ...cluster.settings };
  const distributor = await ServerProcess.start({ settings: { ...settings, roles: 'distribution' } });
  const edge = await ServerProcess.start({ settings: { ...settings, roles: 'gateway,messaging' } });
  return new Cluster(cluster, people, edge, distributor);
}

class Cluster implements StoringSystem {
  readonly name = 'cluster';
  constructor(
    private readonly cluster: ClusterUnderTest,
    readonly people: Person[],
    private readonly edge: ServerProcess,
    private readonly distributor: ServerProcess,
  ) {}

  get url(): string {
    return this.edge.url.replace('localhost', '127.0.0.1');
  }

  get port(): number {
    return this.edge.port;
  }

  processes(): Record<string, number[]> {
    return { edge: [this.edge.pid], distributor: [this.distributor.pid], ...serviceProcesses() };
  }

  residentBytes(): number {
    return this.edge.residentBytes();
  }

  /** The log of PostgreSQL is that of the whole server: other databases on it must be idle. */
  async writtenBytes(): Promise<Record<string, number>> {
    const [server] = this.postgres();
    const log = await this.number("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS bytes", server);
    return {
      ...{ edge: writtenBytesOf(this.edge.pid), distributor: writtenBytesOf(this.distributor.pid) },
      'PostgreSQL log': log,
    };
  }

  async storedBytes(): Promise<number> {
    const sizes = this.postgres().map((server) =>
      this.number('SELECT pg_database_size(current_database())::float8 AS bytes', server),
    );
    return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
  }

  async stop(): Promise<void> {
    await Promise.all([this.edge.stop(), this.distributor.stop()]);
    await this.cluster.remove();
  }

  private postgres() {
    return postgresServers(loadConfig(this.cluster.settings, {}));
  }

  private number(query: string, server: ReturnType<typeof postgresServers>[number] | undefined): Promise<number> {
    if (!server) throw new Error('the cluster has no PostgreSQL server');
    return withPool(server, async (pool) => {
      const [row] = await pool.run((sql) => sql.unsafe<{ bytes: number }[]>(query));
      return row?.bytes ?? Number.NaN;
    });
  }
}

/** The processes of the services that `npm run services -- up` started, by name. */
export function serviceProcesses(): Record<string, number[]> {
  // The file is the tool's own; services that run elsewhere have no processes here.
  const services = existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, 'utf8')) as ServiceState) : {};
  return Object.fromEntries(Object.entries(services).map(([name, { pid }]) => [name, withDescendants(pid)]));
}
