import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutationFaults } from '../mutations/faults.mjs';
import { baselineFault, mutate, runTests, verdict } from '../mutations/trial.mjs';

const mutation = {
  name: 'adds-wrongly',
  breaks: 'sums',
  file: 'packages/one/src/add.ts',
  find: 'a + b',
  replace: 'a - b',
  test: 'packages/one/test/add.test.ts',
  title: 'adds %d',
};

const files = {
  'packages/one/src/add.ts': 'export const add = (a: number, b: number) => a + b;\n',
  'packages/one/test/add.test.ts': "import { describeAdding } from './adding.ts';\ndescribeAdding();\n",
  'packages/one/test/adding.ts': `import { expect, test } from 'bun:test';
import { add } from '../src/add.ts';
export function describeAdding() {
  test.each([1, 2])('adds %d', (number) => expect(add(number, 1)).toBe(number + 1));
  test('adds nothing', () => expect(add(0, 0)).toBe(0));
  test('calls it', () => add.call(undefined, 1, 1).toFixed(0));
}
`,
  'docs/TESTING.md': '<!-- mutations -->\n| `adds-wrongly` | sums |\n<!-- end of mutations -->\n| `other` | table |\n',
};

describe('the list', () => {
  const faultsOf = (change, more = {}) =>
    mutationFaults([{ ...mutation, ...change }], (path) => ({ ...files, ...more })[path]);

  test('has no fault when each text occurs once and each test exists, in the file or one that it imports', () => {
    expect(faultsOf({})).toEqual([]);
  });

  test.each([
    ['a file that does not exist', { file: 'packages/one/src/gone.ts' }, 'packages/one/src/gone.ts does not exist'],
    ['a text that does not occur', { find: 'a * b' }, 'its text occurs 0 times in packages/one/src/add.ts, not once'],
    ['a text that occurs twice', { find: ': number' }, 'its text occurs 2 times in packages/one/src/add.ts, not once'],
    ['a replacement that is the text', { replace: 'a + b' }, 'it changes nothing'],
    [
      'a test file that does not exist',
      { test: 'packages/one/test/gone.test.ts' },
      'packages/one/test/gone.test.ts does not exist',
    ],
    ['a title that does not exist', { title: 'divides' }, 'packages/one/test/add.test.ts has no test "divides"'],
  ])('is refused for %s', (_, change, fault) => {
    expect(faultsOf(change)).toEqual([`mutation adds-wrongly: ${fault}`]);
  });

  test('has the mutations that the document shows, each once', () => {
    expect(
      faultsOf({}, { 'docs/TESTING.md': '<!-- mutations -->\n| `gone` | sums |\n<!-- end of mutations -->' }),
    ).toEqual(['docs/TESTING.md: mutation adds-wrongly is missing', 'docs/TESTING.md: there is no mutation gone']);
    expect(mutationFaults([mutation, mutation], (path) => files[path])).toEqual([
      'mutation adds-wrongly: is listed twice',
    ]);
  });
});

describe('a mutation', () => {
  let folder;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-mutations-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function verdictWith(replace, title = mutation.title) {
    const undo = mutate(folder, { ...mutation, replace });
    const cases = await runTests(folder, mutation.test, [title]);
    undo();
    expect(readFileSync(join(folder, mutation.file), 'utf8')).toBe(files[mutation.file]);
    return verdict(cases, title);
  }

  test('is caught by the named test, if that fails by an assertion', async () => {
    const cases = await runTests(folder, mutation.test, [mutation.title, 'adds nothing']);
    expect(cases.map(({ name }) => name).sort()).toEqual(['adds 1', 'adds 2', 'adds nothing']);
    expect(baselineFault(cases, [mutation.title, 'adds nothing'])).toBeNull();
    expect(await verdictWith('a - b')).toEqual({ caughtBy: 'adds 1', message: 'expect(received).toBe(expected)' });
  });

  test('is not caught when the named test passes', async () => {
    expect(await verdictWith('a - b', 'adds nothing')).toEqual({ fault: 'no test caught it' });
  });

  test('is not caught when the program cannot run', async () => {
    expect(await verdictWith('a +', mutation.title)).toEqual({ fault: 'the test file did not load or did not end' });
    expect(await verdictWith('undefined', 'calls it')).toMatchObject({ fault: expect.stringContaining('TypeError') });
  });

  test('shows nothing when the test fails or does not run without it', async () => {
    const failed = [{ name: 'adds 1', failure: { type: 'AssertionError', message: 'wrong' } }];
    expect(baselineFault(failed, [mutation.title])).toBe('"adds 1" fails without a mutation: wrong');
    expect(baselineFault([{ name: 'calls it', failure: null }], [mutation.title])).toBe('"adds %d" did not run');
  });
});
