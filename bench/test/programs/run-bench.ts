import { expect } from 'bun:test';
import { join } from 'node:path';

export const root = join(import.meta.dir, '../../..');

export async function bench(...given: string[]): Promise<{ status: number; output: string; errors: string }> {
  const child = Bun.spawn([process.execPath, join(root, 'bench/main.ts'), ...given], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { status: await child.exited, output, errors };
}

/** The figures of a scenario that must succeed. */
export async function figuresOf(...given: string[]): Promise<Record<string, number>[]> {
  const { status, output, errors } = await bench(...given);
  expect([status, errors]).toEqual([0, '']);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '').figures;
}
