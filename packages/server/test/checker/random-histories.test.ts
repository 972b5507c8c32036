import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { RecordedLine } from '../../src/checker/format.ts';
import { Model, randomOf } from './model.ts';
import { mutations } from './mutations.ts';
import { check, findingsOf } from './recording.ts';

const history = fc.record({ seed: fc.nat(), steps: fc.integer({ min: 0, max: 120 }) });
const recorded = ({ seed, steps }: { seed: number; steps: number }) => new Model(randomOf(seed)).run(steps);

test('the recording of a service without faults has no violation', async () => {
  const isRight = async (made: { seed: number; steps: number }) => {
    expect((await check(recorded(made))).violations).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(history, isRight), { numRuns: 200 });
});

describe('a fault that is put into such a recording is found, wherever it is', () => {
  for (const [what, { rules, apply }] of Object.entries(mutations)) {
    test(what, () => {
      let applied = 0;
      const isFound = ({ seed, steps }: { seed: number; steps: number }) => {
        const random = randomOf(seed);
        const lines = recorded({ seed, steps: steps + 80 }).map((text) => JSON.parse(text) as RecordedLine);
        const mutated = apply(lines, random);
        if (!mutated) return;
        applied++;
        const found = findingsOf(mutated).map(({ rule }) => rule);
        expect([found, found.some((rule) => rules.includes(rule))]).toEqual([found, true]);
      };
      fc.assert(fc.property(history, isFound), { numRuns: 100 });
      // The fault could be put into some of the recordings.
      expect(applied).toBeGreaterThan(0);
    });
  }
});
