// `npm run cluster -- status`: the state of the processes, as they report it and as HAProxy sees it.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from '../services/program.mjs';
import { haproxyView } from './haproxy.mjs';

const stateFile = join(folder, 'cluster.json');

export function remember(processes) {
  writeFileSync(
    stateFile,
    JSON.stringify(processes.map(({ role, name, port, child }) => ({ role, name, port, pid: child.pid }))),
  );
}

export function forget() {
  rmSync(stateFile, { force: true });
}

export async function printStatus() {
  if (!existsSync(stateFile)) {
    console.log('no cluster is running');
    return;
  }
  const processes = JSON.parse(readFileSync(stateFile, 'utf8'));
  const view = await haproxyView();
  const rows = await Promise.all(
    processes.map(async ({ role, name, port, pid }) => {
      const { status = '-', connections = '-' } = view.get(name) ?? {};
      return [role, port, pid, await stateOf(port), status, connections];
    }),
  );
  const table = [['role', 'port', 'process', 'state', 'HAProxy', 'connections'], ...rows].map((row) => row.map(String));
  const widths = table[0].map((_title, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}

/** Whether a process reports that it is ready. */
export function isReady(port) {
  return fetch(readyz(port)).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function stateOf(port) {
  try {
    const { status, checks = {} } = await (await fetch(readyz(port))).json();
    const failed = Object.entries(checks).filter(([, outcome]) => outcome === 'failed');
    return failed.length === 0 ? status : `${status}: ${failed.map(([name]) => name).join(', ')} failed`;
  } catch {
    return 'not running';
  }
}

function readyz(port) {
  return `http://127.0.0.1:${port}/readyz`;
}
