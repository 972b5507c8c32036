import { freePort } from '../../../../tools/free-port.mjs';
import type { GivenSettings } from '../../src/settings/settings.ts';
import { ClusterUnderTest, type ServiceAddresses } from './cluster-services.ts';
import { Haproxy } from './haproxy.ts';
import { parleyProgram, ServerProcess } from './server-process.ts';

export type Role = 'gateway' | 'messaging' | 'distribution' | 'followers';
export const roles: readonly Role[] = ['gateway', 'messaging', 'distribution', 'followers'];
const processesOf: Record<Role, number> = { gateway: 2, messaging: 2, distribution: 2, followers: 1 };

/** One process of a role, which may be killed and restarted with the same ports. */
export class ProcessSlot {
  private process: ServerProcess | null = null;

  constructor(
    readonly role: Role,
    readonly port: number,
    private readonly metricsPort: number,
    private readonly settings: GivenSettings,
  ) {}

  /** Starts the process, by default with the command of {@link parleyProgram}. */
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

  /** The output of the last process, line by line. */
  get lines(): string[] {
    return this.process?.lines ?? [];
  }

  /** The sum of a metric over its labels. */
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

  /** Resolves with the exit code when it exits by itself. */
  get ended(): Promise<number> | undefined {
    return this.process?.ended;
  }

  /** Sends SIGTERM. Resolves with the exit code. */
  async stop(): Promise<number | undefined> {
    return this.process?.stop();
  }
}

/**
 * A cluster as it is deployed: two processes of each role, and one with followers, behind HAProxy, with real services.
 */
export class ClusterProcesses {
  private constructor(
    private readonly cluster: ClusterUnderTest,
    readonly slots: readonly ProcessSlot[],
    private readonly haproxy: Haproxy,
  ) {}

  static async start(
    services?: ServiceAddresses,
    settings: GivenSettings = {},
    replicationFactor = 1,
  ): Promise<ClusterProcesses> {
    const cluster = await ClusterUnderTest.make(services, replicationFactor);
    const slots: ProcessSlot[] = [];
    for (const role of roles) {
      for (let count = 0; count < processesOf[role]; count++) {
        slots.push(new ProcessSlot(role, await freePort(), await freePort(), { ...cluster.settings, ...settings }));
      }
    }
    const started = await Promise.allSettled(slots.map((slot) => slot.start()));
    const failed = started.find((each) => each.status === 'rejected');
    if (failed) {
      // Processes that nobody stops would keep the machine busy for the other tests.
      await Promise.all(slots.map((slot) => slot.stop()));
      throw failed.reason;
    }
    // The first account has to be created on the machine, not through the proxy.
    const gateway = slots.find(({ role }) => role === 'gateway');
    await makeFirstAccount(gateway?.url ?? '');
    const portsOf = (role: Role) => slots.filter((slot) => slot.role === role).map(({ port }) => port);
    const haproxy = await Haproxy.start({ messaging: portsOf('messaging'), gateway: portsOf('gateway') });
    return new ClusterProcesses(cluster, slots, haproxy);
  }

  get url(): string {
    return this.haproxy.url;
  }

  get settings(): GivenSettings {
    return this.cluster.settings;
  }

  slotsOf(role: Role): ProcessSlot[] {
    return this.slots.filter((slot) => slot.role === role);
  }

  async stop(): Promise<void> {
    await this.haproxy.stop();
    await Promise.all(this.slots.map((slot) => slot.stop()));
    await this.cluster.remove();
  }
}

async function makeFirstAccount(url: string): Promise<void> {
  const answer = await fetch(`${url}/v1/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'operator', password: 'a good password' }),
  });
  if (!answer.ok) throw new Error(`the first account was not created: ${await answer.text()}`);
}
