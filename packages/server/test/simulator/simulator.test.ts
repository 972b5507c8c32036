import { describe, expect, test } from 'bun:test';
import type { Adapters } from '../../src/compose/adapters.ts';
import { planOf } from './plan.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulation.ts';

describe('a simulation', () => {
  // Seed 4 has a cluster, seed 6 an embedded server.
  test.each([4, 6])('of seed %i happens again exactly', async (seed) => {
    const [first, second] = [await traceOf(seed), await traceOf(seed)];
    expect(first.lines.length).toBeGreaterThan(1_000);
    const difference = first.lines.findIndex((line, index) => line !== second.lines[index]);
    expect([first.lines[difference], second.lines[difference]]).toEqual([undefined, undefined]);
    expect(second.hash).toBe(first.hash);
    expect(second.recording.join('\n') === first.recording.join('\n')).toBe(true);
  });

  test.each([1, 2, 3])('of seed %i keeps the contract', async (seed) => {
    expect((await simulate(planOf(seed))).failures).toEqual([]);
  });

  test('shows a page of history that lacks an entry', async () => {
    const { failures } = await simulate(planOf(1), { wrap: withPagesThatLackAnEntry });
    expect(failures.join('\n')).toContain('contract 3, page-gap');
  });

  test('shows messages that are never sent', async () => {
    const { failures } = await simulate(planOf(1), { wrap: withoutSends });
    expect(failures.join('\n')).toMatch(/does not come to rest: .*unsent messages/);
  });
});

describe('a plan that fails', () => {
  test('is reduced to the faults and operations without which it does not fail', async () => {
    const plan = { ...planOf(3), faults: planOf(3).faults.concat(planOf(4).faults, planOf(5).faults) };
    const [first, last] = [plan.faults[1], plan.faults.at(-1)];
    const operation = plan.operations[7];
    if (!first || !last || !operation) throw new Error('the plan is too short for this test');
    const smallest = await shrink(plan, async ({ faults, operations }) => {
      return faults.includes(first) && faults.includes(last) && operations.includes(operation);
    });
    expect(smallest).toEqual({ ...plan, plainNetwork: true, faults: [first, last], operations: [operation] });
  });
});

async function traceOf(seed: number) {
  const lines: string[] = [];
  const { hash, recording } = await simulate(planOf(seed), { trace: (line) => lines.push(line) });
  return { hash, lines, recording };
}

/** Long pages of history lack the entry before their last one. */
function withPagesThatLackAnEntry(adapters: Adapters): Adapters {
  const { history } = adapters;
  const range: typeof history.range = async (query) => {
    const entries = await history.range(query);
    return entries.length > 3 ? entries.toSpliced(-2, 1) : entries;
  };
  return { ...adapters, history: Object.assign(Object.create(history), { range }) };
}

/** The log loses messages. */
function withoutSends(adapters: Adapters): Adapters {
  const { commandLog } = adapters;
  const append: typeof commandLog.append = async (record) => {
    if (record.command.kind !== 'send') await commandLog.append(record);
  };
  return { ...adapters, commandLog: Object.assign(Object.create(commandLog), { append }) };
}
