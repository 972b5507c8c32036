// What the services have in common: each is a program that goes on after the one that started it.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../workspace.mjs';

/** Where their state and what they print is. */
export const folder = join(root, '.services');

const pollMs = 100;
const answerTimeoutMs = 5_000;
const stopTimeoutMs = 20_000;

export function has(program) {
  return spawnSync('which', [program]).status === 0;
}

/** Starts a program in a process group of its own; what it prints is in the services' folder. Returns its pid. */
export function run(name, [program, ...args]) {
  const log = openSync(join(folder, `${name}.log`), 'a');
  const child = spawn(program, args.map(String), { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  return child.pid;
}

/** A fresh folder outside of the checkout, which PostgreSQL's user may have no way into. */
export function dataFolder(name) {
  const data = join(tmpdir(), `parley-${name}-${process.pid}-${Date.now()}`);
  mkdirSync(data, { recursive: true, mode: 0o755 });
  return data;
}

/** The first bytes that come back when `question` is sent to a port on loopback; undefined when none do. */
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

/** Resolves to whether `isSo` held within the time. */
export async function within(timeoutMs, isSo) {
  const endMs = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > endMs) return false;
    await sleep(pollMs);
  }
  return true;
}

/** Ends a process group, with force when it doesn't listen. Resolves to whether it was there, once it is gone. */
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
