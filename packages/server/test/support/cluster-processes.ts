import type { GivenSettings } from '../../src/settings/settings.ts';
import { ClusterUnderTest, type ServiceAddresses } from './cluster-services.ts';
import { freePort } from './free-port.ts';
import { Haproxy } from './haproxy.ts';
import { parleyProgram, ServerProcess } from './server-process.ts';

export type Role = 'gateway' | 'messaging' | 'distribution' | 'followers';
export const roles: readonly Role[] = ['gateway', 'messaging', 'distribution', 'followers'];
const processesOf: Record<Role, number> = { gateway: 2, messaging: 2, distribution: 2, followers: 1 };

/** One process of a role, which may be killed and started again at its place. */
export class Place {
  private process: ServerProcess | null = null;

  constructor(
    readonly role: Role,
    readonly port: number,
    private readonly metricsPort: number,
    private readonly settings: GivenSettings,
  ) {}

  /** Starts it, of this program unless another is given. */
  async start(program = parleyProgram()): Promise<void> {
    const settings = {
      ...{ ...this.settings, roles: this.role, port: String(this.port), 'trusted-proxies': '127.0.0.1' },
      'metrics-port': String(this.metricsPort),
    };
    this.process = await ServerProcess.start({ settings, command: [...program, 'serve'] });
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** What the process that was started last printed, line by line. */
  get lines(): string[] {
    return this.process?.lines ?? [];
  }

  /** The sum of a figure, over its labels, as Prometheus is told it. */
  async figure(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text();
    const samples = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'));
    return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  async kill(): Promise<void> {
    await this.process?.kill();
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.process?.signal(signal);
  }

  /** SIGTERM. Resolves with the exit code. */
  async stop(): Promise<number | undefined> {
    return this.process?.stop();
  }
}

/** A cluster as it is deployed: two processes of each role behind HAProxy, over real services. */
export class ClusterProcesses {
  private constructor(
    private readonly cluster: ClusterUnderTest,
    readonly places: readonly Place[],
    private readonly haproxy: Haproxy,
  ) {}

  static async start(
    services?: ServiceAddresses,
    settings: GivenSettings = {},
    replicationFactor = 1,
  ): Promise<ClusterProcesses> {
    const cluster = await ClusterUnderTest.make(services, replicationFactor);
    const places: Place[] = [];
    for (const role of roles) {
      for (let count = 0; count < processesOf[role]; count++) {
        places.push(new Place(role, await freePort(), await freePort(), { ...cluster.settings, ...settings }));
      }
    }
    await Promise.all(places.map((place) => place.start()));
    // The first account is made at the machine, not through the proxy.
    const gateway = places.find(({ role }) => role === 'gateway');
    await makeFirstAccount(gateway?.url ?? '');
    const portsOf = (role: Role) => places.filter((place) => place.role === role).map(({ port }) => port);
    const haproxy = await Haproxy.start({ messaging: portsOf('messaging'), gateway: portsOf('gateway') });
    return new ClusterProcesses(cluster, places, haproxy);
  }

  get url(): string {
    return this.haproxy.url;
  }

  get settings(): GivenSettings {
    return this.cluster.settings;
  }

  placesOf(role: Role): Place[] {
    return this.places.filter((place) => place.role === role);
  }

  async stop(): Promise<void> {
    await this.haproxy.stop();
    await Promise.all(this.places.map((place) => place.stop()));
    await this.cluster.remove();
  }
}

async function makeFirstAccount(url: string): Promise<void> {
  const answer = await fetch(`${url}/v1/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'operator', password: 'a good password' }),
  });
  if (!answer.ok) throw new Error(`the first account was not made: ${await answer.text()}`);
}
