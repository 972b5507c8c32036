import { expect, test } from 'bun:test';
import { functionLengthFaults } from '../house-rules/function-length.mjs';

const lines = (count) => Array.from({ length: count }, (_, index) => `  run(${index});`).join('\n');
const faultsOf = (text) => functionLengthFaults({ path: 'a.tsx', text });

test('a function of 70 lines is allowed, one of 71 refused, with its line', () => {
  expect(faultsOf(`function one() {\n${lines(68)}\n}\n`)).toEqual([]);
  expect(faultsOf(`\nfunction one() {\n${lines(69)}\n}\n`)).toEqual([
    'a.tsx:2: a function of 71 lines; look for the concept that has no name yet',
  ]);
});

test('arrow functions, methods, components and callbacks of tests are checked', () => {
  for (const text of [
    `const one = () => {\n${lines(69)}\n};`,
    `class One {\n  method() {\n${lines(69)}\n  }\n}`,
    `const One = () => (\n<p>\n${'<br />\n'.repeat(69)}</p>\n);`,
    `test('one', async () => {\n${lines(69)}\n});`,
  ]) {
    expect(faultsOf(text)).toHaveLength(1);
  }
});

test('a function that registers tests may be longer', () => {
  const tests = Array.from({ length: 40 }, () => "  test('one', () => {\n  });").join('\n');
  expect(faultsOf(`describe('all', () => {\n${tests}\n});`)).toEqual([]);
  expect(
    faultsOf(`export function describeAll(open) {\n  describe.skipIf(no)('all', () => {\n${tests}\n});\n}`),
  ).toEqual([]);
});
