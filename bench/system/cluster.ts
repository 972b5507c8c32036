import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Adapters, composeAdapters, type GivenSettings, loadConfig, systemClock } from '@parley/server';
import { postgresServers } from '../../packages/server/src/compose/cluster.ts';
import type { Role } from '../../packages/server/src/settings/cluster-settings.ts';
import { ClusterUnderTest, withPool } from '../../packages/server/test/support/cluster-services.ts';
import { Haproxy } from '../../packages/server/test/support/haproxy.ts';
import { ServerProcess } from '../../packages/server/test/support/server-process.ts';
import { writtenBytesOf } from '../measure/machine.ts';
import { withDescendants } from '../measure/processor-time.ts';
import { benchSettings } from './embedded.ts';
import type { OwnServices } from './own-services.ts';
import { createPeople, type Person } from './people.ts';
import type { StoringSystem } from './system.ts';

type ServiceState = Record<string, { pid: number }>;
/** The processes with the roles gateway and messaging, those that distribute, and those with followers. */
export type ProcessCounts = Record<keyof typeof rolesOf, number>;

interface ClusterOptions {
  processes?: ProcessCounts | undefined;
  /** By default, those that `npm run services -- up` started on this machine. */
  services?: OwnServices | null;
  settings?: GivenSettings;
}

const startAttempts = 5;
const stateFile = join(import.meta.dir, '../../.services/state.json');
const rolesOf = {
  edge: 'gateway,messaging',
  distributor: 'distribution',
  follower: 'followers',
} satisfies Record<string, Role | `${Role},${Role}`>;
/** Lets the few addresses of the clients do behind the proxy what many do elsewhere. */
const proxyEnvironment = {
  PARLEY_CONNECTIONS_PER_ADDRESS: '100000',
  PARLEY_CONNECTION_RATE: '1000000',
  PARLEY_REQUEST_RATE: '1000000',
};

/** Starts one process with the roles gateway and messaging and one with distribution, unless the options say otherwise. */
export async function startCluster(
  peopleCount: number,
  { processes = { edge: 1, distributor: 1, follower: 0 }, services = null, settings = {} }: ClusterOptions = {},
): Promise<Cluster> {
  const under = await ClusterUnderTest.make(services?.addresses, services?.replicas);
  const adapters = await composeAdapters(loadConfig(under.settings, {}), systemClock);
  const people = await createPeople(adapters.users, peopleCount);
  await adapters.close();
  const cluster = new Cluster(under, people, services, { ...benchSettings, ...under.settings, ...settings });
  try {
    await cluster.grow(processes);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

export class Cluster implements StoringSystem {
  readonly name = 'cluster';
  private readonly running = { edge: [], distributor: [], follower: [] } as Record<
    keyof ProcessCounts,
    ServerProcess[]
  >;
  private proxy: Haproxy | null = null;

  constructor(
    private readonly cluster: ClusterUnderTest,
    readonly people: Person[],
    private readonly services: OwnServices | null,
    private readonly settings: GivenSettings,
  ) {}

  /** Starts processes until there are as many. */
  async grow(counts: ProcessCounts): Promise<void> {
    for (const [kind, roles] of Object.entries(rolesOf) as [keyof ProcessCounts, string][]) {
      while (this.running[kind].length < counts[kind]) {
        this.running[kind].push(await startedProcess({ ...this.settings, roles }));
      }
    }
  }

  /** From now on, clients connect through HAProxy with the deployed configuration. */
  async startProxy(): Promise<void> {
    await this.proxy?.stop();
    const ports = this.running.edge.map(({ port }) => port);
    this.proxy = await Haproxy.start({ messaging: ports, gateway: ports, environment: proxyEnvironment });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return this.first('edge').port;
  }

  get ports(): number[] {
    return this.proxy ? [this.proxy.port] : this.running.edge.map(({ port }) => port);
  }

  processes(): Record<string, number[]> {
    const roles = Object.entries(this.running).filter(([, processes]) => processes.length > 0);
    return {
      ...Object.fromEntries(roles.map(([role, processes]) => [role, processes.map(({ pid }) => pid)])),
      ...(this.proxy ? { HAProxy: [this.proxy.pid] } : {}),
      ...(this.services?.processes() ?? serviceProcesses()),
    };
  }

  /** Of all edges. */
  residentBytes(): number {
    return this.running.edge.reduce((sum, edge) => sum + edge.residentBytes(), 0);
  }

  /** The log of PostgreSQL is that of the whole server: other databases on it must be idle. */
  async writtenBytes(): Promise<Record<string, number>> {
    const written = (kind: keyof ProcessCounts) =>
      this.running[kind].reduce((sum, { pid }) => sum + writtenBytesOf(pid), 0);
    return {
      ...{ edge: written('edge'), distributor: written('distributor') },
      'PostgreSQL log':
        (await this.ask("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS value"))[0] ?? 0,
    };
  }

  async storedBytes(): Promise<number> {
    return sumOf(await this.ask('SELECT pg_database_size(current_database())::float8 AS value'));
  }

  /** Uses the stores beside the processes. */
  async beside<Result>(use: (adapters: Adapters) => Promise<Result>): Promise<Result> {
    const adapters = await composeAdapters(this.config, systemClock);
    return use(adapters).finally(() => adapters.close());
  }

  get config() {
    return loadConfig(this.cluster.settings, {});
  }

  /** The value of a query at each of the cluster's databases. */
  ask(query: string): Promise<number[]> {
    return Promise.all(
      postgresServers(this.config).map((server) =>
        withPool(server, async (pool) => {
          const [row] = await pool.run((sql) => sql.unsafe<{ value: number }[]>(query));
          return row?.value ?? Number.NaN;
        }),
      ),
    );
  }

  async stop(): Promise<void> {
    await this.proxy?.stop();
    await Promise.all(Object.values(this.running).flatMap((processes) => processes.map((each) => each.stop())));
    await this.cluster.remove();
  }

  private first(kind: keyof ProcessCounts): ServerProcess {
    const [process] = this.running[kind];
    if (!process) throw new Error(`the cluster has no ${kind}`);
    return process;
  }
}

/** Starts a process, again if a service did not answer it in time on a busy machine. */
async function startedProcess(settings: GivenSettings): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ServerProcess.start({ settings });
    } catch (error) {
      if (attempt === startAttempts) throw error;
    }
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The processes of the services that `npm run services -- up` started, by name. */
export function serviceProcesses(): Record<string, number[]> {
  // The file is the tool's own; services that run elsewhere have no processes here.
  const services = existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, 'utf8')) as ServiceState) : {};
  return Object.fromEntries(Object.entries(services).map(([name, { pid }]) => [name, withDescendants(pid)]));
}
