import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../tools/free-port.mjs';
import type { PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { withPool } from './cluster-services.ts';
import { pidOf } from './pid-of.ts';
import { until } from './until.ts';

const programs = ['/usr/lib/postgresql/17/bin', '/usr/lib/postgresql/16/bin', '/usr/lib/postgresql/15/bin'].find(
  (folder) => Bun.which('postgres', { PATH: folder }) !== null,
);

/** Why tests with a PostgreSQL server of their own are skipped; null when they are not. */
export const withoutOwnPostgres = programs === undefined ? 'no PostgreSQL is installed (Debian: postgresql)' : null;

interface OwnPostgresOptions {
  /** The password of its only user, who needs none by default. */
  password?: string;
  /** PEM file with key and certificate; TLS and plain connections are accepted. */
  certificate?: string;
}

/** A PostgreSQL server of one test, which may be killed and restarted with its data. */
export class OwnPostgres {
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-own-postgres-'));
  private process: Bun.Subprocess | null = null;

  private constructor(
    private readonly port: number,
    private readonly options: OwnPostgresOptions,
  ) {}

  static async start(options: OwnPostgresOptions = {}): Promise<OwnPostgres> {
    const postgres = new OwnPostgres(await freePort(), options);
    chownSync(postgres.folder, ...owner());
    const made = Bun.spawnSync([
      ...[...as(), `${programs}/initdb`, '-U', 'postgres', '-D', postgres.data],
      ...postgres.authentication(),
    ]);
    if (!made.success) throw new Error(`initdb failed: ${made.stderr}`);
    await postgres.startAgain();
    return postgres;
  }

  get url(): string {
    const { password } = this.options;
    return `postgres://postgres${password === undefined ? '' : `:${password}`}@127.0.0.1:${this.port}/postgres`;
  }

  get pid(): number {
    return pidOf(this.process);
  }

  async startAgain(): Promise<void> {
    const settings = [
      ...[`port=${this.port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${this.folder}`],
      ...['max_connections=200', 'wal_level=logical', ...this.tls()],
    ];
    const flags = settings.flatMap((setting) => ['-c', setting]);
    const run = () =>
      Bun.spawn([...as(), `${programs}/postgres`, '-D', this.data, ...flags], {
        stdio: ['ignore', 'ignore', 'ignore'],
        detached: true,
      });
    this.process = run();
    const isUp = () => {
      // The shared memory of a killed server remains for a moment, during which no other can start.
      if (this.process?.exitCode !== null) this.process = run();
      return this.answers();
    };
    await until('PostgreSQL answers', isUp, { pauseMs: 20 });
  }

  /**
   * Restarts it as a standby without a primary: in recovery it serves reads and refuses writes until {@link promote}.
   */
  async becomeStandby(): Promise<void> {
    const stop = [`${programs}/pg_ctl`, 'stop', '--mode', 'fast', '--wait', '--pgdata', this.data];
    await Bun.spawn([...as(), ...stop], { stdio: ['ignore', 'ignore', 'inherit'] }).exited;
    await this.process?.exited;
    writeFileSync(join(this.data, 'standby.signal'), '');
    await this.startAgain();
  }

  async promote(): Promise<void> {
    await withPool(this.asServer(), (pool) => pool.run((sql) => sql`SELECT pg_promote()`));
  }

  /** Sends SIGKILL; its other processes exit when they notice. */
  async kill(): Promise<void> {
    if (this.process) process.kill(-this.process.pid, 'SIGKILL');
    await this.process?.exited;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  private authentication(): string[] {
    const { password } = this.options;
    return password === undefined
      ? ['-A', 'trust']
      : ['-A', 'scram-sha-256', '--pwfile', this.own('password', password)];
  }

  private tls(): string[] {
    if (this.options.certificate === undefined) return [];
    const file = this.own('certificate.pem', readFileSync(this.options.certificate, 'utf8'));
    return ['ssl=on', `ssl_cert_file=${file}`, `ssl_key_file=${file}`];
  }

  /** A file that only the server's user may read. */
  private own(name: string, content: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    chownSync(file, ...owner());
    return file;
  }

  private get data(): string {
    return join(this.folder, 'db');
  }

  private asServer(): PostgresServer {
    return { name: 'own', url: this.url, schema: 'public' };
  }

  private answers(): Promise<boolean> {
    return withPool(this.asServer(), (pool) => pool.run((sql) => sql`SELECT 1`)).then(
      () => true,
      () => false,
    );
  }
}

/** PostgreSQL does not run as root; Debian's package creates a user for it. */
function owner(): [uid: number, gid: number] {
  const { uid, gid } = userInfo();
  if (uid !== 0) return [uid, gid];
  const idOf = (flag: string) => Number(Bun.spawnSync(['id', flag, 'postgres']).stdout.toString());
  return [idOf('-u'), idOf('-g')];
}

function as(): string[] {
  return userInfo().uid === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
}
