import { describe, expect, test } from 'bun:test';
import { addressesOf, outline } from './parts.ts';

function linksOf(text: string): string[] {
  return addressesOf(text).map(({ href }) => href);
}

describe('links', () => {
  test('addresses end where a reader would expect it', () => {
    expect(linksOf('see (https://example.org/a_(b)), https://example.org/c?d=e.')).toEqual([
      'https://example.org/a_(b)',
      'https://example.org/c?d=e',
    ]);
  });

  test.each([
    'javascript:alert(1)',
    'https://name:password@example.org/',
    'https://example.org@evil.example/',
    'data:text/html,x',
    'https://',
    '`https://example.org/`',
    '[a](javascript:alert(1))',
    '[a](data:text/html,x)',
    '[a](//evil.example)',
    '[a](https://bank.example@evil.example)',
  ])('%s is no link', (text) => {
    expect(linksOf(text)).toEqual([]);
  });

  test('an address ends before characters that change the text direction', () => {
    expect(linksOf('https://example.org/\u202egnp.exe')).toEqual(['https://example.org/']);
  });

  test('an address keeps its underscores, asterisks, tildes and brackets', () => {
    for (const address of [
      'https://example.org/a_b_c',
      'https://example.org/_a_/_b_/c',
      'https://example.org/*a*/**b**/c',
      'https://example.org/~ana/~~b~~/c',
      'https://en.wikipedia.org/wiki/Mercury_(planet)',
    ]) {
      expect(outline(address)).toBe(`a{${address}}`);
      expect(outline(`*see* ${address} *there*`)).toBe(`i{see} a{${address}} i{there}`);
      expect(outline(`_${address} there_`)).toBe(`i{a{${address}} there}`);
    }
  });
});

describe('an address with a text of its own', () => {
  const href = 'https://example.org/a';

  test('is a link', () => {
    expect(outline(`see [the *plan* of \`a\`](${href}).`)).toBe(`see a{the i{plan} of c{a}→${href}}.`);
    expect(outline(`**[plan](${href})**`)).toBe(`b{a{plan→${href}}}`);
    expect(outline(`[a](${href})[b](${href})`)).toBe(`a{a→${href}}a{b→${href}}`);
    expect(outline(`![picture](${href})`)).toBe(`!a{picture→${href}}`);
    expect(outline(`> - [计划](${href}?q=(1))`)).toBe(`Q(L(–(a{计划→${href}?q=(1)})))`);
  });

  test.each([
    ['an address', `[https://bank.example](${href})`],
    ['no character', `[](${href})`],
    ['blanks alone', `[ ](${href})`],
    ['a line break', `[a\nb](${href})`],
  ])('is not a link if the text is %s', (_, text) => {
    expect(outline(text)).toContain(`](a{${href}})`);
  });

  test('is not a link with anything between the brackets, or with a title', () => {
    expect(outline(`[a] (${href})`)).toBe(`[a] (a{${href}})`);
    expect(outline(`[a]( ${href})`)).toBe(`[a]( a{${href}})`);
    expect(outline(`[a](${href} "b")`)).toBe(`[a](a{${href}} "b")`);
    expect(outline(`[a][b](${href})`)).toBe(`[a]a{b→${href}}`);
  });

  test('has markers of its own', () => {
    expect(outline(`*a [b*](${href})`)).toBe(`*a a{b*→${href}}`);
  });
});
