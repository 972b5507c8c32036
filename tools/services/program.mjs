// What the services share: each is a program that keeps running after the one that started it exits.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../workspace.mjs';

/** The folder for the state and the logs of the services. */
export const folder = join(root, '.services');

const pollMs = 100;
const answerTimeoutMs = 5_000;
const stopTimeoutMs = 20_000;

export function has(program) {
  return spawnSync('which', [program]).status === 0;
}

/** Starts a program in a process group of its own, with a log in `folder`. Returns its pid. */
export function run(name, [program, ...args]) {
  const log = openSync(join(folder, `${name}.log`), 'a');
  const child = spawn(program, args.map(String), { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  return child.pid;
}

/** Creates a folder outside the repository, which PostgreSQL's user may not be permitted to read. */
export function dataFolder(name) {
  const data = join(tmpdir(), `parley-${name}-${process.pid}-${Date.now()}`);
  mkdirSync(data, { recursive: true, mode: 0o755 });
  return data;
}

/** Sends `question` to a port on loopback. Resolves to the first bytes of the answer, or undefined without one. */
export function firstAnswer(port, question) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write(question));
    socket.setTimeout(answerTimeoutMs, () => socket.destroy());
    socket.on('data', (data) => {
      resolve(data);
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(undefined));
  });
}

/** Polls the condition. Resolves to true when it holds, and to false after the timeout. */
export async function within(timeoutMs, condition) {
  const endMs = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endMs) return false;
    await sleep(pollMs);
  }
  return true;
}

/** Stops a process group, by SIGKILL after a timeout. Resolves to whether it was running, when it has exited. */
export async function stopGroup(pid, signal) {
  if (!signalGroup(pid, signal)) return false;
  if (!(await within(stopTimeoutMs, () => !signalGroup(pid, 0)))) signalGroup(pid, 'SIGKILL');
  return true;
}

function signalGroup(pid, signal) {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
