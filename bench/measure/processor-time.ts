import { readdirSync, readFileSync } from 'node:fs';
import { machineMs } from '../net/libc.ts';

const ticksPerSecond = 100;
/** A figure that was measured while other programs used more than this share of a core is marked. */
export const quietShare = 0.2;

/** Processor time between two moments, in microseconds. */
export interface ProcessorTime {
  seconds: number;
  /** By role. */
  server: Record<string, number>;
  clients: number;
  /** Everything else on the machine, as a share of one core. */
  others: number;
}

/** Measures the processor time that everybody uses from the call until the returned function is called. */
export function measureProcessorTime(
  serverProcesses: () => Record<string, number[]>,
  clientPids: readonly number[],
): () => ProcessorTime {
  const before = sample(serverProcesses(), clientPids);
  return () => {
    const after = sample(serverProcesses(), clientPids);
    const seconds = (after.atMs - before.atMs) / 1_000;
    const server = Object.fromEntries(
      Object.entries(after.server).map(([role, us]) => [role, us - (before.server[role] ?? 0)]),
    );
    const clients = after.clients - before.clients;
    const known = Object.values(server).reduce((sum, us) => sum + us, clients);
    const others = Math.max(0, after.machine - before.machine - known) / (seconds * 1e6);
    return { seconds, server, clients, others };
  };
}

/** The processor time of several periods together. */
export function sumOf(times: readonly ProcessorTime[]): ProcessorTime {
  const sum: ProcessorTime = { seconds: 0, server: {}, clients: 0, others: 0 };
  for (const { seconds, server, clients, others } of times) {
    for (const [role, us] of Object.entries(server)) sum.server[role] = (sum.server[role] ?? 0) + us;
    sum.clients += clients;
    sum.others = (sum.others * sum.seconds + others * seconds) / (sum.seconds + seconds);
    sum.seconds += seconds;
  }
  return sum;
}

function sample(server: Record<string, number[]>, clientPids: readonly number[]) {
  const sum = (pids: readonly number[]) => pids.reduce((total, pid) => total + usedUs(pid), 0);
  return {
    atMs: machineMs(),
    server: Object.fromEntries(Object.entries(server).map(([role, pids]) => [role, sum(pids)])),
    // This process is one of the clients: it directs the others.
    clients: sum([process.pid, ...clientPids]),
    machine: machineUs(),
  };
}

/** The processor time of a process and of its children that have exited; 0 if it has exited itself. */
export function usedUs(pid: number): number {
  const [, , , , , , , , , , , user, system, childrenUser, childrenSystem] = statOf(pid).map(Number);
  const ticks = [user, system, childrenUser, childrenSystem].reduce<number>((sum, each) => sum + (each ?? 0), 0);
  return (ticks / ticksPerSecond) * 1e6;
}

/** User, nice, system, interrupts, and time that the host took from the machine. */
function machineUs(): number {
  const [, user, nice, system, , , irq, softIrq, steal] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '')
    .split(/\s+/)
    .map(Number);
  const ticks = [user, nice, system, irq, softIrq, steal].reduce<number>((sum, each) => sum + (each ?? 0), 0);
  return (ticks / ticksPerSecond) * 1e6;
}

/** The process and its descendants: PostgreSQL has a process for each connection. */
export function withDescendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const each of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    const parent = Number(statOf(each)[1]);
    children.set(parent, [...(children.get(parent) ?? []), each]);
  }
  const found = [pid];
  for (const each of found) found.push(...(children.get(each) ?? []));
  return found;
}

/** The fields of a process behind its name, which may contain spaces and brackets; none if it has exited. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
