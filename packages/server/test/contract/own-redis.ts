import { expect } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unavailable } from '../../src/platform/failures.ts';
import type { Certificate } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import { describeUnless } from './redis-under-test.ts';

const programAbsent =
  Bun.which('redis-server') === null ? 'no redis-server is installed (Debian: redis-server)' : undefined;

/** Tests that start, pause and kill a Redis of their own, or a skipped one that says why there are none. */
export function describeOnOwnRedis(name: string, run: () => void): void {
  describeUnless(programAbsent, name, run);
}

/** What `call` resolves to, once Redis is back. */
export async function eventually<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      await Bun.sleep(20);
    }
  }
}

/** What `call` rejects with. */
export const rejection = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (answer) => expect.unreachable(`resolved to ${answer}`),
    (error: unknown) => error,
  );

/** A Redis of the test's own, which may be paused, killed and started again. */
export class OwnRedis {
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-own-redis-'));
  private process: Bun.Subprocess | null = null;

  private constructor(
    readonly port: number,
    private readonly settings: readonly string[],
    readonly tlsPort: number | null = null,
  ) {}

  /** `settings` are given to the program as they are. */
  static async start(...settings: string[]): Promise<OwnRedis> {
    const redis = new OwnRedis(await freePort(), settings);
    await redis.startAgain();
    return redis;
  }

  /** With a further port, for TLS. */
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

  /** With `more` settings than before. */
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

  /** Has it carry out a command of an administrator's. */
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

/** A way to a port of this machine, on which connections can die without anybody being told. */
export class SwallowingProxy {
  private readonly pairs = new Set<[Socket, Socket]>();
  private readonly server: Server;

  private constructor(port: number) {
    this.server = createServer((from) => {
      const to = connect(port, '127.0.0.1');
      const pair: [Socket, Socket] = [from, to];
      this.pairs.add(pair);
      from.pipe(to).pipe(from);
      for (const socket of pair) socket.on('error', () => this.pairs.delete(pair));
    });
  }

  static async to(port: number): Promise<SwallowingProxy> {
    const proxy = new SwallowingProxy(port);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on nothing passes on the connections that are there; new ones work. */
  swallow(): void {
    for (const [from, to] of this.pairs) {
      from.unpipe(to).resume();
      to.unpipe(from).resume();
    }
  }

  /** Ends the connections that are there; new ones work. */
  cut(): void {
    for (const socket of [...this.pairs].flat()) socket.destroy();
    this.pairs.clear();
  }

  close(): void {
    this.server.close();
    this.cut();
  }
}
