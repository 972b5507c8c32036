import { describe, expect, test } from 'bun:test';
import { importFaults } from '../house-rules/imports.mjs';

const order = { 'packages/a/src': [['main.ts'], ['high', 'beside'], ['low']] };

/** The faults in a package with a file in each part, when `text` is the content of the file `path`. */
function faultsWith(path, text) {
  const parts = new Map(
    ['main.ts', 'high/one.ts', 'beside/one.ts', 'low/one.ts', 'low/two.ts'].map((name) => [name, '']),
  );
  parts.set(path, text);
  return importFaults(
    Array.from(parts, ([name, content]) => ({ path: `packages/a/src/${name}`, text: content })),
    order,
  );
}

test('imports of parts below are allowed, in every form', () => {
  const text =
    "import { a } from '../low/one.ts'; import type { B } from '../low/two.ts'; type C = import('../low/one.ts').C;";
  expect(faultsWith('high/one.ts', text)).toEqual([]);
  expect(faultsWith('main.ts', "export * from './high/one.ts'; await import('./low/one.ts');")).toEqual([]);
});

describe('an import of a part above is refused', () => {
  for (const [form, text] of Object.entries({
    'of a value': "import { a } from '../high/one.ts';",
    'of a type': "import type { A } from '../high/one.ts';",
    'of a type among values': "import { type A } from '../high/one.ts';",
    'of a type, inline': "let a: import('../high/one.ts').A;",
    'by an export': "export { a } from '../high/one.ts';",
    'by an export of all': "export * from '../high/one.ts';",
    'at run time': "const load = () => import('../high/one.ts');",
  })) {
    test(form, () => {
      expect(faultsWith('low/one.ts', text)).toEqual([
        'packages/a/src/low/one.ts: imports packages/a/src/high/one.ts; low may import only parts below it, which high is not',
      ]);
    });
  }
});

test('an import of a part on the same line is refused', () => {
  expect(faultsWith('high/one.ts', "import '../beside/one.ts';")).toHaveLength(1);
});

test('an import cycle within a part is refused, of types too', () => {
  const cycle = [
    ...[{ path: 'packages/a/src/low/one.ts', text: "import type { B } from './two.ts';" }],
    ...[{ path: 'packages/a/src/low/two.ts', text: "import { c } from './three.ts';" }],
    ...[{ path: 'packages/a/src/low/three.ts', text: "export const load = () => import('./one.ts');" }],
  ];
  const faults = importFaults(cycle, { 'packages/a/src': [['low']] });
  expect(faults).toEqual([
    'packages/a/src/low/one.ts: imports itself through packages/a/src/low/two.ts → packages/a/src/low/three.ts → packages/a/src/low/one.ts',
  ]);
});

test('a file outside every part is refused, and a part without files', () => {
  expect(faultsWith('new/one.ts', '')).toEqual([
    'packages/a/src/new/one.ts: belongs to no part; add its folder to tools/house-rules/part-order.mjs',
  ]);
  expect(
    importFaults([{ path: 'packages/a/src/main.ts', text: '' }], { 'packages/a/src': [['main.ts'], ['low']] }),
  ).toEqual(['tools/house-rules/part-order.mjs: packages/a/src/low has no file']);
});
