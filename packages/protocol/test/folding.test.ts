import { describe, expect, test } from 'bun:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { fuzzed } from '../../server/test/fuzz/parameters.ts';
import { folded, isFoundBy, nameTerms } from '../src/folding.ts';
import { namePairs } from './name-pairs.ts';

describe('a name', () => {
  test('is tested with at least 100 pairs from 30 languages', () => {
    expect(namePairs.length).toBeGreaterThanOrEqual(100);
    expect(new Set(namePairs.map(([language]) => language)).size).toBeGreaterThanOrEqual(30);
  });

  test.each(namePairs)('%s: %s is found by %s', (_, name, query) => {
    expect(isFoundBy(name, query)).toBe(true);
    expect(isFoundBy(name.toUpperCase(), query)).toBe(true);
    expect(isFoundBy(name.normalize('NFD'), query.normalize('NFC'))).toBe(true);
    expect(isFoundBy(name, name)).toBe(true);
  });

  test.each([
    ['Łukasz', 'ukasz'],
    ['Ana Ruiz', 'naruiz'],
    ['Ana Ruiz', 'ruiz ana'],
    ['Ana', 'anna'],
    ['...', 'a'],
    ['Ana', '!b'],
  ])('%s is not found by %s', (name, query) => {
    expect(isFoundBy(name, query)).toBe(false);
  });

  test('is found without the iota below its letters, which is a mark', () => {
    expect(isFoundBy('ᾍδης', 'αδησ')).toBe(true);
  });

  test('that has only punctuation is found by punctuation', () => {
    expect(isFoundBy('...', '..')).toBe(true);
    expect(isFoundBy('---', '-')).toBe(true);
    expect(nameTerms('Ana')).toEqual(['ana']);
  });

  test('has terms of bounded length, at most one more than it has words', () => {
    for (const name of ['\ufdfa'.repeat(100), 'a '.repeat(50), "a'".repeat(50), '🎉a'.repeat(50)]) {
      expect(nameTerms(name).every((term) => term.length <= 200 && term !== '')).toBe(true);
      expect(nameTerms(name).length).toBeLessThanOrEqual(101);
    }
  });

  test('is found by itself, for any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (name) => {
        expect(folded(folded(name))).toBe(folded(name));
        if (folded(name) !== '') expect(isFoundBy(name, name)).toBe(true);
      }),
      fuzzed(100),
    );
  });
});

test('folding does not depend on the locale of the machine', async () => {
  const module = fileURLToPath(new URL('../src/folding.ts', import.meta.url));
  const names = namePairs.map(([, name]) => name);
  const script = `import { folded } from ${JSON.stringify(module)};
    console.log(JSON.stringify(${JSON.stringify(names)}.map(folded)));`;
  for (const locale of ['tr_TR.UTF-8', 'lt_LT.UTF-8', 'C', 'el_GR.UTF-8']) {
    const child = Bun.spawn([process.execPath, '-e', script], {
      env: { ...process.env, LC_ALL: locale, LANG: locale },
    });
    expect(JSON.parse(await new Response(child.stdout).text())).toEqual(names.map(folded));
  }
});
