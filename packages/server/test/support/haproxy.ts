import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../../tools/free-port.mjs';
import { until } from './until.ts';

const deployed = (file: string) => fileURLToPath(new URL(`../../../../deploy/haproxy/${file}`, import.meta.url));

/** Why tests with HAProxy are skipped; null when they are not. */
export const withoutHaproxy = Bun.which('haproxy') === null ? 'no haproxy is installed (Debian: haproxy)' : null;

interface HaproxyOptions {
  /** Ports of the processes on this machine, by role. */
  messaging: readonly number[];
  gateway: readonly number[];
  environment?: Record<string, string>;
}

/** HAProxy with the deployed configuration. */
export class Haproxy {
  private constructor(
    readonly port: number,
    private readonly child: Bun.Subprocess,
    private readonly folder: string,
  ) {}

  /** Resolves when it responds. */
  static async start({ messaging, gateway, environment = {} }: HaproxyOptions): Promise<Haproxy> {
    const folder = mkdtempSync(join(tmpdir(), 'parley-haproxy-'));
    const servers = join(folder, 'servers.cfg');
    writeFileSync(servers, `${backend('messaging', 'sockets', messaging)}${backend('gateway', 'requests', gateway)}`);
    return Haproxy.run(servers, folder, environment);
  }

  /** As {@link start}, with servers that a name server lists. */
  static startByName(environment: Record<string, string>): Promise<Haproxy> {
    return Haproxy.run(deployed('servers-by-name.cfg'), mkdtempSync(join(tmpdir(), 'parley-haproxy-')), environment);
  }

  private static async run(servers: string, folder: string, environment: Record<string, string>): Promise<Haproxy> {
    const port = await freePort();
    const child = Bun.spawn(['haproxy', '-db', '-f', deployed('haproxy.cfg'), '-f', servers], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PARLEY_BIND: `127.0.0.1:${port}`, ...environment },
    });
    const haproxy = new Haproxy(port, child, folder);
    const isUp = () => {
      if (child.exitCode !== null) throw new Error(`haproxy ended with ${child.exitCode}`);
      return haproxy.answers();
    };
    await until('haproxy answers', isUp, { pauseMs: 10 });
    return haproxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child.pid;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
    rmSync(this.folder, { recursive: true });
  }

  private answers(): Promise<boolean> {
    return fetch(`${this.url}/livez`, { redirect: 'manual' }).then(
      () => true,
      () => false,
    );
  }
}

function backend(role: string, kind: string, ports: readonly number[]): string {
  const servers = ports.map((port, index) => `  server ${role}-${index + 1} 127.0.0.1:${port}\n`).join('');
  return `backend ${role} from parley-${kind}\n${servers}\n`;
}
