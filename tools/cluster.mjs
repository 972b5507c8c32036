// `npm run cluster`: two processes of each role behind HAProxy on http://localhost:8080, over the services that
// `npm run services -- up` starts. Ctrl-C sends everybody away and stops what this started; the services stay.
// `npm run cluster -- status` shows a running one.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bunFile, freePort, root, setUp } from './workspace.mjs';

const roles = ['gateway', 'messaging', 'distribution'];
const processesOfRole = 2;
const shards = 64;
const publicPort = Number(process.env.PORT ?? 8080);
const startTimeoutMs = 60_000;

const folder = join(root, '.services');
const stateFile = join(folder, 'cluster.json');
const cli = join(root, 'packages/cli/src/main.ts');

if (process.argv[2] === 'status') await status();
else if (process.argv[2] === undefined) await run();
else {
  console.error('usage: npm run cluster [-- status]');
  process.exitCode = 1;
}

async function run() {
  if (await isReady(`http://127.0.0.1:${publicPort}/v1/server`)) {
    console.error(`something serves on port ${publicPort} already`);
    process.exitCode = 1;
    return;
  }
  setUp();
  const services = servicesUp();
  if (!services) return;
  const settings = {
    ...process.env,
    PARLEY_SHAPE: 'cluster',
    PARLEY_POSTGRES: `main=${services.postgres.address}`,
    PARLEY_KAFKA: services.kafka.address,
    PARLEY_REDIS: services.redis.address,
    PARLEY_ALLOW_SINGLE_BROKER: 'on',
    PARLEY_TRUSTED_PROXIES: '127.0.0.1',
  };
  const made = parley(['cluster', 'init', '--shards', String(shards), '--replication-factor', '1'], settings);
  if (made.status !== 0) {
    process.exitCode = 1;
    return;
  }
  const processes = await startProcesses(settings);
  const haproxy = startHaproxy(processes);
  writeFileSync(
    stateFile,
    JSON.stringify({ processes: processes.map(({ role, port, child }) => ({ role, port, pid: child.pid })) }),
  );
  await until(async () => (await Promise.all(processes.map(({ port }) => isReady(readyz(port))))).every(Boolean));
  await until(() => isReady(`http://127.0.0.1:${publicPort}/v1/server`));
  await status();
  console.log(`Parley's cluster serves http://localhost:${publicPort}; Ctrl-C stops it`);
  await toldToStop();
  console.log('stopping');
  await Promise.all(processes.map(({ child }) => ended(child, 'SIGTERM')));
  await ended(haproxy, 'SIGTERM');
  rmSync(stateFile, { force: true });
}

/** The services, started if needed; undefined, with what is missing said, when there are not all. */
function servicesUp() {
  const needed = ['postgres', 'kafka', 'redis'];
  spawnSync(process.execPath, [join(root, 'tools/services.mjs'), 'up'], { stdio: 'inherit' });
  const state = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'));
  const missing = needed.filter((name) => !state[name]);
  if (spawnSync('which', ['haproxy']).status !== 0) missing.push('haproxy (Debian: haproxy)');
  if (missing.length === 0) return state;
  console.error(`a cluster needs ${missing.join(', ')}`);
  process.exitCode = 1;
  return undefined;
}

async function startProcesses(settings) {
  mkdirSync(folder, { recursive: true });
  const processes = [];
  for (const role of roles) {
    for (let number = 1; number <= processesOfRole; number++) {
      const port = await freePort();
      const log = openSync(join(folder, `${role}-${number}.log`), 'a');
      const env = { ...settings, PARLEY_ROLES: role, PARLEY_PORT: String(port) };
      const child = spawn(bunFile(), [cli, 'serve'], { cwd: root, env, stdio: ['ignore', log, log], detached: true });
      processes.push({ role, number, port, child });
    }
  }
  return processes;
}

function startHaproxy(processes) {
  const backend = (role, kind) => {
    const servers = processes
      .filter((each) => each.role === role)
      .map(({ number, port }) => `  server ${role}-${number} 127.0.0.1:${port}\n`);
    return `backend ${role} from parley-${kind}\n${servers.join('')}\n`;
  };
  const servers = join(folder, 'servers.cfg');
  writeFileSync(servers, backend('messaging', 'sockets') + backend('gateway', 'requests'));
  const log = openSync(join(folder, 'haproxy.log'), 'a');
  const files = ['-f', join(root, 'deploy/haproxy/haproxy.cfg'), '-f', servers];
  return spawn('haproxy', ['-db', ...files], {
    env: { ...process.env, PARLEY_BIND: `127.0.0.1:${publicPort}` },
    stdio: ['ignore', log, log],
    detached: true,
  });
}

async function status() {
  if (!existsSync(stateFile)) {
    console.log('no cluster is running');
    return;
  }
  const { processes } = JSON.parse(readFileSync(stateFile, 'utf8'));
  console.log('role\tport\tprocess\tstate');
  for (const { role, port, pid } of processes) console.log(`${role}\t${port}\t${pid}\t${await stateOf(port)}`);
}

async function stateOf(port) {
  try {
    const { status: state, checks = {} } = await (await fetch(readyz(port))).json();
    const failed = Object.entries(checks).filter(([, outcome]) => outcome === 'failed');
    return failed.length === 0 ? state : `${state}: ${failed.map(([name]) => name).join(', ')} failed`;
  } catch {
    return 'not running';
  }
}

function readyz(port) {
  return `http://127.0.0.1:${port}/readyz`;
}

function isReady(url) {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

function parley(args, env) {
  return spawnSync(bunFile(), [cli, ...args], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
}

async function until(isSo) {
  const endMs = Date.now() + startTimeoutMs;
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error(`the cluster does not come up; its logs are in ${folder}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function ended(child, signal) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.on('exit', resolve);
    child.kill(signal);
  });
}

function toldToStop() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, resolve);
  });
}
