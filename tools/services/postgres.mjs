import { spawnSync } from 'node:child_process';
import { chownSync, existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.mjs';
import { dataFolder, run } from './program.mjs';

const programs = ['/usr/lib/postgresql/17/bin', '/usr/lib/postgresql/16/bin', '/usr/lib/postgresql/15/bin'].find(
  (each) => existsSync(each),
);
// PostgreSQL refuses to run as root; Debian's package creates a user for it.
const asRoot = userInfo().uid === 0;
const asPostgres = asRoot ? ['runuser', '-u', 'postgres', '--'] : [];

export const postgres = {
  // Fast shutdown, which does not wait for clients.
  stopSignal: 'SIGINT',

  /** Starts the service. Returns its state, or a string that says why it can't be started. */
  async start(name) {
    if (!programs) return 'PostgreSQL is not installed (Debian: postgresql)';
    const port = await freePort();
    const data = dataFolder(name);
    if (asRoot) chownSync(data, idOfPostgres('-u'), idOfPostgres('-g'));
    const [program, ...args] = [...asPostgres, join(programs, 'initdb'), '-A', 'trust', '-U', 'postgres', '-N'];
    const initialised = spawnSync(program, [...args, '-D', join(data, 'db')]);
    if (initialised.status !== 0) return `initdb failed: ${initialised.stderr}`;
    const settings = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${data}`,
      // All test files that run at the same time share this server, and a cluster of theirs may have 150 connections.
      'max_connections=1000',
      // Each move of a shard needs some of these; with the usual numbers, the third at the same time would be refused.
      'wal_level=logical',
      'max_wal_senders=50',
      'max_replication_slots=50',
      'max_logical_replication_workers=30',
      'max_worker_processes=40',
      // Makes moves of shards in tests faster than the default of 5 s.
      'wal_retrieve_retry_interval=200ms',
    ];
    const flags = settings.flatMap((setting) => ['-c', setting]);
    const pid = run(name, [...asPostgres, join(programs, 'postgres'), '-D', join(data, 'db'), ...flags]);
    return { address: `postgres://postgres@127.0.0.1:${port}/postgres`, port, data, pid };
  },

  async answers({ port }) {
    const asked = spawnSync(join(programs ?? '', 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]);
    return asked.status === 0;
  },
};

function idOfPostgres(flag) {
  return Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
}
