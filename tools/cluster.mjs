// `npm run cluster`: two processes of each role behind HAProxy on http://localhost:8080, with the services that
// `npm run services -- up` starts. Ctrl-C drains and stops the processes and HAProxy; the services keep running.
// `npm run cluster -- status` shows a running cluster.
import { spawn, spawnSync } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startHaproxy } from './cluster/haproxy.mjs';
import { forget, isReady, printStatus, remember } from './cluster/status.mjs';
import { freePort } from './free-port.mjs';
import { folder, has, stopGroup, within } from './services/program.mjs';
import { buildWebClient, bunFile, root, setUp } from './workspace.mjs';

const roles = ['gateway', 'messaging', 'distribution', 'followers'];
const processesOfRole = 2;
const shards = 64;
const publicPort = Number(process.env.PORT ?? 8080);
const publicUrl = `http://localhost:${publicPort}`;
const startTimeoutMs = 60_000;
const cli = join(root, 'packages/cli/src/main.ts');

if (process.argv[2] === 'status') await printStatus();
// process.exit: a pending check of readiness must not delay the exit.
else if (process.argv[2] === undefined) process.exit(await run());
else {
  console.error('usage: npm run cluster [-- status]');
  process.exitCode = 1;
}

/** Runs the cluster until a signal arrives. Resolves to the exit code when the processes that it started have exited. */
async function run() {
  if (await publicAnswers()) {
    console.error(`port ${publicPort} is in use; set PORT to another one`);
    return 1;
  }
  setUp();
  if (!buildWebClient()) return 1;
  const services = servicesUp();
  if (!services) return 1;
  const settings = {
    ...process.env,
    PARLEY_SHAPE: 'cluster',
    PARLEY_POSTGRES: `main=${services.postgres.address},second=${services['postgres-2'].address}`,
    PARLEY_KAFKA: services.kafka.address,
    PARLEY_REDIS: services.redis.address,
    PARLEY_ALLOW_SINGLE_BROKER: 'on',
    PARLEY_TRUSTED_PROXIES: '127.0.0.1',
  };
  if (
    parley(
      ['cluster', 'init', '--shards', String(shards), '--replication-factor', '1', '--server', publicUrl],
      settings,
    ) !== 0
  )
    return 1;
  // From here on, a signal also stops the processes that this one started.
  const stop = stopSignal();
  const processes = await startProcesses(settings);
  const haproxy = startHaproxy(processes, publicPort);
  try {
    remember(processes);
    const isUp = await Promise.race([stop, within(startTimeoutMs, () => isWhole(processes))]);
    if (isUp !== 'stop') await printStatus();
    if (!isUp) {
      console.error(`the cluster did not become ready within ${startTimeoutMs / 1_000} s; its logs are in ${folder}`);
      return 1;
    }
    if (isUp === true) console.log(`the cluster serves ${publicUrl}; Ctrl-C stops it`);
    await stop;
    console.log('stopping');
    return 0;
  } finally {
    await Promise.all(processes.map(({ child }) => stopGroup(child.pid, 'SIGTERM')));
    await stopGroup(haproxy.pid, 'SIGTERM');
    forget();
  }
}

/** Starts the services if necessary. Returns undefined, after printing which are missing, if one can't be started. */
function servicesUp() {
  spawnSync(process.execPath, [join(root, 'tools/services.mjs'), 'up'], { stdio: 'inherit' });
  const state = JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'));
  const missing = ['postgres', 'postgres-2', 'kafka', 'redis'].filter((name) => !state[name]);
  if (!has('haproxy')) missing.push('haproxy (Debian: haproxy)');
  if (missing.length === 0) return state;
  console.error(`a cluster needs ${missing.join(', ')}`);
  return undefined;
}

async function startProcesses(settings) {
  const processes = [];
  for (const role of roles) {
    for (let number = 1; number <= processesOfRole; number++) {
      const name = `${role}-${number}`;
      const port = await freePort();
      const log = openSync(join(folder, `${name}.log`), 'a');
      const env = { ...settings, PARLEY_ROLES: role, PARLEY_PORT: String(port) };
      const child = spawn(bunFile(), [cli, 'serve'], { cwd: root, env, stdio: ['ignore', log, log], detached: true });
      processes.push({ role, name, port, child });
    }
  }
  return processes;
}

async function isWhole(processes) {
  const ready = await Promise.all(processes.map(({ port }) => isReady(port)));
  return ready.every(Boolean) && publicAnswers();
}

/** Whether the API answers at the public address. */
function publicAnswers() {
  return fetch(`http://127.0.0.1:${publicPort}/v1/server`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Runs `parley` until it exits. Returns its exit code. */
function parley(args, env) {
  return spawnSync(bunFile(), [cli, ...args], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] }).status;
}

/** Resolves when a signal tells this process to stop. */
function stopSignal() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve('stop'));
  });
}
