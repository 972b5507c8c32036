import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subprocess } from 'bun';
import type { Person } from '../system/people.ts';
import type { System } from '../system/system.ts';
import type { Published } from './bun-publish.ts';

export type LimitProgram = 'bare-durable-loop' | 'bare-writer' | 'bun-publish';

interface Running {
  child: Subprocess;
  port: number;
}

const startTimeoutMs = 60_000;

/** Starts a bare server of this folder, which knows people by the number at the end of their token. */
export async function startLimit(program: LimitProgram, peopleCount: number): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-limit-'));
  const { child, port } = await startProgram(program, [join(folder, 'records')]);
  return {
    ...systemAt(program.replaceAll('-', ' '), [port], peopleCount),
    processes: () => ({ server: [child.pid] }),
    async stop() {
      await stopped([child]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Starts several processes that publish; this process passes an entry from one to the others. */
export async function startPublishers(peopleCount: number, count: number): Promise<System> {
  const running: Running[] = [];
  for (let index = 0; index < count; index++) {
    const passOn = (published: Published) => {
      for (const [other, { child }] of running.entries()) if (other !== index) child.send(published);
    };
    running.push(await startProgram('bun-publish', ['passes-on'], passOn));
  }
  const ports = running.map(({ port }) => port);
  return {
    ...systemAt('bun publish', ports, peopleCount),
    processes: () => ({ server: running.map(({ child }) => child.pid) }),
    stop: () => stopped(running.map(({ child }) => child)),
  };
}

async function startProgram(
  program: LimitProgram,
  given: readonly string[],
  passOn: (published: Published) => void = () => undefined,
): Promise<Running> {
  const started = Promise.withResolvers<number>();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, `${program}.ts`), ...given], {
    stdio: ['ignore', 'inherit', 'inherit'],
    ipc: (message: { port: number } | Published) => {
      if ('port' in message) started.resolve(message.port);
      else passOn(message);
    },
    onExit: (_, code) => started.reject(new Error(`${program} exited with ${code}`)),
  });
  const timer = setTimeout(() => started.reject(new Error(`${program} did not start in time`)), startTimeoutMs);
  const port = await started.promise.finally(() => clearTimeout(timer));
  return { child, port };
}

function systemAt(name: string, ports: readonly number[], peopleCount: number) {
  const [port = 0] = ports;
  const people: Person[] = Array.from({ length: peopleCount }, (_, index) => {
    return { userId: Bun.randomUUIDv7(), token: `bench-token-${index}` };
  });
  return { name, url: `http://127.0.0.1:${port}`, port, ports, people, residentBytes: () => 0 };
}

async function stopped(children: readonly Subprocess[]): Promise<void> {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map(({ exited }) => exited));
}
