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

/** Tests that start, pause and kill a Redis of their own, or a skipped test that says why there is none. */
export function describeOnOwnRedis(name: string, run: () => void): void {
  describeUnless(programAbsent, name, run);
}

/** The result of `call`, retried until Redis is available again, for a minute at most. */
export async function eventually<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  let answers: Answer[] = [];
  const isAnswered = async () => {
    answers = await call().then(
      (answer) => [answer],
      (error) => {
        if (error instanceof Unavailable) return [];
        throw error;
      },
    );
    return answers.length > 0;
  };
  await until('Redis is available again', isAnswered, { pauseMs: 20 });
  return answers[0] as Answer;
}

/** The error with which `call` rejects. */
export const rejection = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (answer) => expect.unreachable(`resolved to ${answer}`),
    (error: unknown) => error,
  );

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

/** Forwards to a port of this machine. Its connections can die without a notice to either side. */
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

  /** Drops all traffic of the existing connections from now on; new ones work. */
  swallow(): void {
    for (const [from, to] of this.pairs) {
      from.unpipe(to).resume();
      to.unpipe(from).resume();
    }
  }

  /** Closes the existing connections; new ones work. */
  cut(): void {
    for (const socket of [...this.pairs].flat()) socket.destroy();
    this.pairs.clear();
  }

  close(): void {
    this.server.close();
    this.cut();
  }
}
