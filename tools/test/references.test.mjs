import { describe, expect, test } from 'bun:test';
import { referenceFaults } from '../house-rules/references.mjs';

const documents = {
  'docs/RACES.md': '| 1 | a race | closed by | `part/one` |\n',
  'docs/CONTRACT.md': '| 1 | a guarantee | `test/part` |\n| 2 | another | `part/one` |\n',
  'docs/adr/0001-a-decision.md': '# 1. A decision\n',
};
const paths = [...Object.keys(documents), 'packages/a/src/one.ts', 'packages/a/test/part/one.test.ts'];

/** The faults when a file `path` with this text is added to files without faults. */
function faultsWith(path, text) {
  const files = Object.entries({ ...documents, [path]: text }).map(([name, content]) => ({
    path: name,
    text: content,
  }));
  return referenceFaults(files, [...paths, path]);
}

test('references to existing things are allowed', () => {
  const comment = '// Race 1, contract 1 and 2, ADR 1; see docs/RACES.md, packages/a/src/one.ts and a/src/one.ts.';
  expect(faultsWith('packages/a/src/two.ts', comment)).toEqual([]);
  expect(
    faultsWith('docs/OTHER.md', 'See [races](RACES.md), [decisions](adr/) and [a site](https://example.org).'),
  ).toEqual([]);
});

describe('a reference to something that does not exist is refused', () => {
  const refused = {
    'a race': ['// race 2', 'race 2 is not defined'],
    'the second of two races': ['/* races 1 and 3 */', 'race 3 is not defined'],
    'a guarantee of the contract': ['/** (contract 3) */', 'contract 3 is not defined'],
    'a guarantee in the title of a test': ["test('contract 4: something', () => {});", 'contract 4 is not defined'],
    'a decision': ['// See ADR 2.', 'ADR 2 does not exist'],
    'a file': ['// See a/src/gone.ts.', 'a/src/gone.ts does not exist'],
  };
  for (const [what, [text, fault]] of Object.entries(refused)) {
    test(what, () => {
      expect(faultsWith('packages/a/src/two.ts', text)).toEqual([`packages/a/src/two.ts: ${fault}`]);
    });
  }

  test('a link in a document', () => {
    expect(faultsWith('docs/OTHER.md', '[gone](GONE.md)')).toEqual(['docs/OTHER.md: GONE.md does not exist']);
  });

  test('a test in a table', () => {
    expect(faultsWith('docs/RACES.md', '| 1 | a race | closed by | `part/gone` |\n')).toEqual([
      'docs/RACES.md: part/gone does not exist',
    ]);
  });
});

test('two decisions with the same number are refused', () => {
  const fault = 'docs/adr: several decisions have the number 1';
  expect(faultsWith('docs/adr/0001-another-decision.md', '# 1. Another decision\n')).toEqual([fault]);
});

test('strings in code are not references', () => {
  expect(faultsWith('packages/a/src/two.ts', "const race = 'race 9, ADR 9, a/src/gone.ts';")).toEqual([]);
});
