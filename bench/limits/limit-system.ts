import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Person } from '../system/people.ts';
import type { System } from '../system/system.ts';

export type LimitProgram = 'bare-durable-loop' | 'bare-writer' | 'bun-publish';

const startTimeoutMs = 10_000;

/** Starts a bare server of this folder, which knows people by the number at the end of their token. */
export async function startLimit(program: LimitProgram, peopleCount: number): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-limit-'));
  const started = Promise.withResolvers<number>();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, `${program}.ts`), join(folder, 'records')], {
    stdio: ['ignore', 'inherit', 'inherit'],
    ipc: ({ port }: { port: number }) => started.resolve(port),
    onExit: (_, code) => started.reject(new Error(`${program} exited with ${code}`)),
  });
  const timer = setTimeout(() => started.reject(new Error(`${program} did not start in time`)), startTimeoutMs);
  const port = await started.promise.finally(() => clearTimeout(timer));
  const people: Person[] = Array.from({ length: peopleCount }, (_, index) => {
    return { userId: Bun.randomUUIDv7(), token: `bench-token-${index}` };
  });
  return {
    name: program.replaceAll('-', ' '),
    url: `http://127.0.0.1:${port}`,
    ...{ port, people },
    processes: () => ({ server: [child.pid] }),
    residentBytes: () => 0,
    async stop() {
      child.kill('SIGTERM');
      await child.exited;
      rmSync(folder, { recursive: true });
    },
  };
}
