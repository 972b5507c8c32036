import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Adapters, composeAdapters, loadConfig, systemClock } from '@parley/server';
import type { Subprocess } from 'bun';

const cli = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url));

export interface BenchPerson {
  userId: string;
  token: string;
}

/** A server in a process of its own, with users who have sessions. */
export interface BenchServer {
  url: string;
  people: BenchPerson[];
  /** Processor seconds that each process has used so far, by name. */
  cpuSeconds(): Promise<Map<string, number>>;
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
}

export async function startBenchServer(
  peopleCount: number,
  environment: Record<string, string> = {},
  rateLimits: 'on' | 'off' = 'off',
): Promise<BenchServer> {
  const data = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const adapters = await composeAdapters(loadConfig({ data }, {}), systemClock);
  const people = await makePeople(adapters.users, peopleCount);
  await adapters.close();
  const settings = ['--data', data, '--port', '0', '--rate-limits', rateLimits, '--drain-ms', '0'];
  const child = Bun.spawn([process.execPath, cli, 'serve', ...settings, '--max-connections-per-address', '100000'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const url = await urlOf(child);
  const status = () => Bun.file(`/proc/${child.pid}/status`).text();
  return {
    url,
    people,
    cpuSeconds: async () => new Map([['server', await cpuSecondsOf(child.pid)]]),
    residentBytes: async () => Number(/VmRSS:\s+(\d+)/.exec(await status())?.[1]) * 1024,
    async stop() {
      child.kill('SIGTERM');
      await child.exited;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Processor seconds that a process has used so far; 0 if it has exited. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await Bun.file(`/proc/${pid}/stat`)
    .text()
    .catch(() => '');
  const fields = stat.split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

/** The machine and the runtime that the figures are for. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model}, Bun ${Bun.version}, server and clients on the same machine`;
}

/** Creates users with sessions directly in the store, without password hashing. */
export function makePeople(users: Adapters['users'], count: number): Promise<BenchPerson[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const userId = Bun.randomUUIDv7();
      const token = `bench-token-${index}`;
      const username = `bench${index}`;
      const user = { id: userId, username, displayName: username, passwordHash: 'none', createdAtMs: Date.now() };
      await users.create({ user, administrator: index === 0, invitation: null });
      const nowMs = Date.now();
      const session = { id: Bun.randomUUIDv7(), userId, device: null, createdAtMs: nowMs, lastUsedAtMs: nowMs };
      await users.createSession(session, new Bun.CryptoHasher('sha256').update(token).digest('hex'));
      return { userId, token };
    }),
  );
}

async function urlOf(child: Subprocess<'ignore', 'ignore', 'pipe'>): Promise<string> {
  let printed = '';
  const reader = child.stderr.getReader();
  const decoder = new TextDecoder();
  while (true) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the server exited: ${printed}`);
    printed += decoder.decode(value, { stream: true });
    const url = /http:\/\/localhost:\d+/.exec(printed)?.[0];
    if (url === undefined) continue;
    reader.releaseLock();
    void drain(child.stderr);
    return url.replace('localhost', '127.0.0.1');
  }
}

/** Prints the rest of the server's output, so that errors during a measurement are visible. */
async function drain(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  for await (const chunk of stream) process.stderr.write(chunk);
}
