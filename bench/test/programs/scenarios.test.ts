import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scenarios } from '../../scenarios/all-scenarios.ts';

const root = join(import.meta.dir, '../../..');

async function bench(...given: string[]): Promise<{ status: number; output: string; errors: string }> {
  const child = Bun.spawn([process.execPath, join(root, 'bench/main.ts'), ...given], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { status: await child.exited, output, errors };
}

/** The figures of a scenario that must succeed. */
async function figuresOf(...given: string[]): Promise<Record<string, number>[]> {
  const { status, output, errors } = await bench(...given);
  expect([status, errors]).toEqual([0, '']);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '').figures;
}

/** A busy machine may refuse messages, but answers each. */
function answered(figures: Record<string, number> | undefined): number {
  return (figures?.['acknowledged'] ?? 0) + (figures?.['refused'] ?? 0);
}

describe('a scenario', () => {
  test('send has an answer for each message, also of the bare loop beside it', async () => {
    const figures = await figuresOf('send', '--connections', '20', '--rate', '50,100', '--seconds', '2');
    expect(figures.map(answered)).toEqual([100, 200, 100, 200]);
  });

  test('overload has an answer for each message', async () => {
    const small = ['--connections', '20', '--seconds', '2', '--limit', '50', '--factors', '2'];
    expect((await figuresOf('overload', ...small)).map(answered)).toEqual([100, 200]);
  });

  test('storage measures what messages take', async () => {
    const [figures] = await figuresOf('storage', '--connections', '20', '--rate', '200', '--seconds', '2');
    expect((figures?.['messages'] ?? 0) + (figures?.['refused'] ?? 0)).toBe(400);
    expect(figures?.['stored bytes a message']).toBeGreaterThan(200);
    expect(figures?.['server: written bytes a message']).toBeGreaterThan(200);
  });
});

describe('a request', () => {
  test.each([
    [['sned'], 'there is no scenario sned; there are send, '],
    [['send', '--rate', 'many'], '--rate must be a number from 1 to 200000, not "many"'],
    [['send', '--shape', 'round'], '--shape must be embedded or cluster, not "round"'],
    [['send', '--rats', '5'], "'--rats'"],
  ])('%p is refused with what is allowed', async (given, message) => {
    const { status, errors } = await bench(...given);
    expect([status, errors]).toEqual([2, expect.stringContaining(message)]);
  });

  test('list names every scenario and its options', async () => {
    const { output } = await bench('list');
    for (const { name, options } of scenarios) {
      expect(output).toContain(`${name}: `);
      for (const option of Object.keys(options)) expect(output).toContain(`--${option} `);
    }
  });

  test('in a document names an existing scenario and its options', () => {
    const { stdout } = Bun.spawnSync(['git', 'ls-files', '*.md'], { cwd: root });
    const documents = stdout.toString().trim().split('\n');
    const commands = documents.flatMap((file) => [
      ...readFileSync(join(root, file), 'utf8').matchAll(/npm run bench -- (?<scenario>[a-z]+)(?<options>[^`\n]*)/g),
    ]);
    expect(commands.length).toBeGreaterThan(0);
    for (const { groups } of commands.filter(({ groups }) => !['list', 'all'].includes(groups?.['scenario'] ?? ''))) {
      const scenario = scenarios.find(({ name }) => name === groups?.['scenario']);
      expect([groups?.['scenario'], scenario !== undefined]).toEqual([groups?.['scenario'], true]);
      const known = ['shape', ...Object.keys(scenario?.options ?? {})];
      for (const [, option] of groups?.['options']?.matchAll(/ --([a-z-]+)/g) ?? [])
        expect(known).toContain(option ?? '');
    }
  });
});
