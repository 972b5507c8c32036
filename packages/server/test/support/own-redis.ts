import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../tools/free-port.mjs';
import type { Certificate } from './certificate.ts';
import { pidOf } from './pid-of.ts';
import { until } from './until.ts';

/** A Redis of one test, which may be paused, killed and restarted. */
export class OwnRedis {
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-own-redis-'));
  private process: Bun.Subprocess | null = null;

  private constructor(
    readonly port: number,
    private readonly settings: readonly string[],
    readonly tlsPort: number | null = null,
  ) {}

  /** `settings` are arguments of redis-server. */
  static async start(...settings: string[]): Promise<OwnRedis> {
    const redis = new OwnRedis(await freePort(), settings);
    await redis.startAgain();
    return redis;
  }

  /** Adds a port with TLS. */
  static async startWithTls({ certificate, key }: Certificate, ...settings: string[]): Promise<OwnRedis> {
    const tlsPort = await freePort();
    const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-auth-clients', 'no'];
    const redis = new OwnRedis(await freePort(), ['--tls-port', String(tlsPort), ...files, ...settings], tlsPort);
    await redis.startAgain();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return pidOf(this.process);
  }

  /** Adds settings to the previous ones. */
  async startAgain(...more: string[]): Promise<void> {
    const where = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder];
    const child = Bun.spawn(['redis-server', ...where, '--save', '', ...this.settings, ...more], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    this.process = child;
    const isUp = () => {
      if (child.exitCode !== null) throw new Error(`redis-server exited with ${child.exitCode}`);
      return this.accepts();
    };
    await until('Redis accepts connections', isUp, { pauseMs: 10 });
  }

  /** Runs an administrator's command. */
  command(...words: string[]): void {
    const told = Bun.spawnSync(['redis-cli', '-p', String(this.port), ...words]);
    if (!told.success) throw new Error(`redis-cli failed: ${told.stdout}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.kill(signal);
  }

  async kill(): Promise<void> {
    this.process?.kill('SIGKILL');
    await this.process?.exited;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  private accepts(): Promise<boolean> {
    return Bun.connect({ hostname: '127.0.0.1', port: this.port, socket: { data: () => undefined } }).then(
      (socket) => {
        socket.end();
        return true;
      },
      () => false,
    );
  }
}
