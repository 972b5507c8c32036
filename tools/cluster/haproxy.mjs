// HAProxy in front of the processes of `npm run cluster`, with the configuration for deployments.
import { spawn } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { folder } from '../services/program.mjs';
import { root } from '../workspace.mjs';

/** HAProxy's socket for statistics. */
const socketFile = join(folder, 'haproxy.sock');

/** Starts HAProxy on a port of this machine. Its servers are the gateway and messaging processes. */
export function startHaproxy(processes, port) {
  const backend = (role, kind) => {
    const servers = processes
      .filter((each) => each.role === role)
      .map((each) => `  server ${each.name} 127.0.0.1:${each.port}\n`);
    return `backend ${role} from parley-${kind}\n${servers.join('')}\n`;
  };
  const statistics = `global\n  stats socket ${socketFile} mode 600 level user\n\n`;
  const servers = join(folder, 'servers.cfg');
  writeFileSync(servers, statistics + backend('messaging', 'sockets') + backend('gateway', 'requests'));
  const log = openSync(join(folder, 'haproxy.log'), 'a');
  const files = ['-f', join(root, 'deploy/haproxy/haproxy.cfg'), '-f', servers];
  return spawn('haproxy', ['-db', ...files], {
    env: { ...process.env, PARLEY_BIND: `127.0.0.1:${port}` },
    stdio: ['ignore', log, log],
    detached: true,
  });
}

/** For each process, by name: its status in HAProxy, and its present number of connections. */
export async function haproxyView() {
  const [header = '', ...lines] = (await ask('show stat\n')).replace(/^# /, '').trim().split('\n');
  const columns = header.split(',');
  const rows = lines.map((line) => {
    const values = line.split(',');
    return Object.fromEntries(columns.map((column, index) => [column, values[index]]));
  });
  return new Map(rows.map(({ svname, status, scur }) => [svname, { status, connections: Number(scur) }]));
}

/** HAProxy's answer to a command; empty if it does not run. */
function ask(command) {
  return new Promise((resolve) => {
    const socket = createConnection(socketFile, () => socket.write(command));
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}
