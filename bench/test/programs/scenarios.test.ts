import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scenarios } from '../../scenarios/all-scenarios.ts';
import { bench, figuresOf, root } from './run-bench.ts';

/** A busy machine may refuse messages, but answers each. */
function answered(figures: Record<string, number> | undefined): number {
  return (figures?.['acknowledged'] ?? 0) + (figures?.['refused'] ?? 0);
}

describe('a scenario', () => {
  test('cores has each frame at each socket of processes and of threads that share a port', async () => {
    const figures = await figuresOf('cores', '--members', '200', '--rounds', '3', '--listeners', '2', '--frames', '2');
    expect(figures.map(({ deliveries }) => deliveries)).toEqual([1_200, 1_200]);
  });

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

  test('reactions reach every connection in few frames, and every message is answered', async () => {
    const small = ['--members', '260', '--rate', '10', '--reactions', '500', '--seconds', '1', '--rounds', '1'];
    const [alone, beside] = await figuresOf('reactions', ...small);
    expect([alone, beside].map(answered)).toEqual([10, 10]);
    expect(alone?.['reactions']).toBe(0);
    expect((beside?.['reactions'] ?? 0) + (beside?.['refused reactions'] ?? 0)).toBe(500);
  });

  test('store writes every batch', async () => {
    const small = ['--batches', '5', '--messages', '20', '--conversations', '10'];
    expect((await figuresOf('store', ...small)).map(({ batches }) => batches)).toEqual([5, 5]);
  });

  test('check reads every line of a recording', async () => {
    const [figures] = await figuresOf('check', '--lines', '1000', '--conversations', '10');
    // The first line and four clients come before the messages.
    expect([figures?.['lines'], figures?.['conversations']]).toEqual([1_005, 10]);
  });

  test('feed compares sends whose totals are complete', async () => {
    const small = ['--rounds', '2', '--batches', '2', '--batch', '10', '--conversations', '10'];
    const parts = (await figuresOf('feed', ...small)).map((figures) => figures['µs a send']);
    expect(parts).toEqual(Array(3).fill(expect.any(Number)));
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
