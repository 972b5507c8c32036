// HAProxy in front of the processes of `npm run cluster`, with the configuration that people deploy.
import { spawn } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { folder } from '../services/program.mjs';
import { root } from '../workspace.mjs';

/** Where it tells what it knows of its servers. */
const socketFile = join(folder, 'haproxy.sock');

/** Starts it on a port of this machine; its servers are the processes that have a role it knows. */
export function startHaproxy(processes, port) {
  const backend = (role, kind) => {
    const servers = processes
      .filter((each) => each.role === role)
      .map((each) => `  server ${each.name} 127.0.0.1:${each.port}\n`);
    return `backend ${role} from parley-${kind}\n${servers.join('')}\n`;
  };
  const telling = `global\n  stats socket ${socketFile} mode 600 level user\n\n`;
  const servers = join(folder, 'servers.cfg');
  writeFileSync(servers, telling + backend('messaging', 'sockets') + backend('gateway', 'requests'));
  const log = openSync(join(folder, 'haproxy.log'), 'a');
  const files = ['-f', join(root, 'deploy/haproxy/haproxy.cfg'), '-f', servers];
  return spawn('haproxy', ['-db', ...files], {
    env: { ...process.env, PARLEY_BIND: `127.0.0.1:${port}` },
    stdio: ['ignore', log, log],
    detached: true,
  });
}

/** By name of the process, whether HAProxy sends anybody there, and how many connections it has there now. */
export async function haproxyView() {
  const [header = '', ...lines] = (await ask('show stat\n')).replace(/^# /, '').trim().split('\n');
  const columns = header.split(',');
  const rows = lines.map((line) => {
    const values = line.split(',');
    return Object.fromEntries(columns.map((column, index) => [column, values[index]]));
  });
  return new Map(rows.map(({ svname, status, scur }) => [svname, { status, connections: Number(scur) }]));
}

/** What it answers to a command; nothing when it doesn't run. */
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
