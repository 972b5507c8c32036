import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { PostgresServer } from '../../src/adapters/postgres/pool.ts';
import { withPool } from './cluster-services.ts';
import { freePort } from './free-port.ts';

const programs = ['/usr/lib/postgresql/17/bin', '/usr/lib/postgresql/16/bin', '/usr/lib/postgresql/15/bin'].find(
  (folder) => Bun.which('postgres', { PATH: folder }) !== null,
);

/** Why tests with a PostgreSQL of their own are skipped; null when they are not. */
export const withoutOwnPostgres = programs === undefined ? 'no PostgreSQL is installed (Debian: postgresql)' : null;

/** A PostgreSQL of the test's own, which may be killed and started again with what is on its disk. */
export class OwnPostgres {
  private readonly folder = mkdtempSync(join(tmpdir(), 'parley-own-postgres-'));
  private process: Bun.Subprocess | null = null;

  private constructor(private readonly port: number) {}

  static async start(): Promise<OwnPostgres> {
    const postgres = new OwnPostgres(await freePort());
    postgres.ownFolder();
    const made = Bun.spawnSync([...as(), `${programs}/initdb`, '-A', 'trust', '-U', 'postgres', '-D', postgres.data]);
    if (!made.success) throw new Error(`initdb failed: ${made.stderr}`);
    await postgres.startAgain();
    return postgres;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  async startAgain(): Promise<void> {
    const settings = [
      ...[`port=${this.port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${this.folder}`],
      ...['max_connections=200', 'wal_level=logical'],
    ];
    const flags = settings.flatMap((setting) => ['-c', setting]);
    const run = () =>
      Bun.spawn([...as(), `${programs}/postgres`, '-D', this.data, ...flags], {
        stdio: ['ignore', 'ignore', 'ignore'],
        detached: true,
      });
    this.process = run();
    while (!(await this.answers())) {
      // What is left of the one that was killed keeps its memory for a moment, and no other starts meanwhile.
      if (this.process.exitCode !== null) this.process = run();
      await Bun.sleep(20);
    }
  }

  /** Starts it again as a standby of nobody: in recovery, it is read and takes no writes until {@link promote}. */
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

  /** SIGKILL: its other processes end when they notice. */
  async kill(): Promise<void> {
    if (this.process) process.kill(-this.process.pid, 'SIGKILL');
    await this.process?.exited;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  private get data(): string {
    return join(this.folder, 'db');
  }

  /** PostgreSQL runs as anybody but root; Debian's package has made a user for it. */
  private ownFolder(): void {
    if (userInfo().uid !== 0) return;
    const idOf = (flag: string) => Number(Bun.spawnSync(['id', flag, 'postgres']).stdout.toString());
    chownSync(this.folder, idOf('-u'), idOf('-g'));
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

function as(): string[] {
  return userInfo().uid === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
}
