import { describe, expect, test } from 'bun:test';
import { formattedWithReads, plainText } from '../../src/formatting/index.ts';
import { depthOf, partsOf } from './parts.ts';

const length = 10_000;
/** Of each of the thousands of combinations. */
const combinedLength = 1_000;
/** One of each kind of character that the rules distinguish. */
const atoms = [
  ...'a)(].,:/@?#-_*%\'"<&`~>1\\ \t\n\r\0',
  ...'。、（）「」”’«…؟。中ßд१é\u0301\u200b\u200c\u200d\u202e\ufe0f\u3164😀€\u{e0067}\ud800',
  'http://',
  'https://a',
  'https://a/',
  '[::1]',
  '```',
  '\n```',
  '\n~~~',
  '**',
  '***',
  '~~',
  '> ',
  '\n> ',
  '\n>> ',
  '- ',
  '\n- ',
  '\n  - ',
  '\n1. ',
  '](',
  '[a](https://a)',
];
/** Characters that affect the result, for all combinations of three. */
const deciding = ['a', ')', '(', '.', '/', ':', '@', '`', '\n', '。', '😀', 'https://a', 'https://a/', '\n```'];
const markers = ['a', ' ', '*', '**', '***', '_', '~~', '`', '[', '](https://a)', '> ', '- ', '\n', '\n  ', '.'];
const starts = ['', 'https://', 'https://a', 'https://a/', '`', '```\n', 'https://a/('];
/** The most reads per character: for lines, fences, spans, emphasis, and the parts of an address. */
const readsMax = 24;
/** Six quotes or lists, and within a link the kinds of emphasis. */
const depthMax = 20;

function readsEach(unit: string, start: string): number {
  const text = (start + unit.repeat(combinedLength)).slice(0, combinedLength);
  const { blocks, reads } = formattedWithReads(text);
  const shown = partsOf(blocks).reduce((sum, part) => sum + ('text' in part ? part.text.length : 0), 0);
  expect(shown).toBeLessThanOrEqual(text.length);
  expect(depthOf(blocks)).toBeLessThanOrEqual(depthMax);
  return reads / text.length;
}

function expectFewReads(units: readonly string[], start: string): void {
  const unit = units.join('');
  const reads = readsEach(unit, start);
  if (reads > readsMax) expect({ start, unit, reads }).toBeNull();
}

describe('a text is read in proportion to its length', () => {
  test('that repeats one or two characters', () => {
    for (const start of starts)
      for (const first of start === '' ? atoms : deciding)
        for (const second of ['', ...(start === '' ? atoms : deciding)]) expectFewReads([first, second], start);
  });

  test('that repeats three characters', () => {
    for (const [all, start] of [
      [deciding, 'https://a'],
      [markers, ''],
    ] as const)
      for (const first of all)
        for (const second of all) for (const third of all) expectFewReads([first, second, third], start);
  });

  test('that has runs of backticks of growing length, none of which is closed', () => {
    let text = '';
    for (let run = 1; text.length < length; run++) text += `${'`'.repeat(run)} `;
    expect(formattedWithReads(text.slice(0, length)).reads).toBeLessThan(readsMax * length);
  });

  test.each([
    ['asterisks', '*'.repeat(length)],
    ['nested quotes', `${'>'.repeat(length - 2)} a`],
    ['nested quotes with spaces', '> '.repeat(length / 2)],
    ['quotes that grow deeper', Array.from({ length: 140 }, (_, depth) => `${'>'.repeat(depth + 1)} a`).join('\n')],
    ['nested lists', `${'- '.repeat(length / 2 - 1)}a`],
    ['lists that grow deeper', Array.from({ length: 95 }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n')],
    ['emphasis that grows deeper', `${'*a _b **c ~~d '.repeat(length / 28)}${'d~~ c** b_ a* '.repeat(length / 28)}`],
    ['openers of three asterisks, each closed by two', '***a b** '.repeat(length / 9)],
    ['openers of three asterisks, each closed by one', '***a b* '.repeat(length / 8)],
    ['links in lists in quotes', '> - [a](https://b.c)\n'.repeat(length / 21)],
    ['blank lines after a list item', `- a${'\n'.repeat(length)}`],
    ['spaces', ' '.repeat(length)],
  ])('that consists of %s', (_, text) => {
    const { blocks, reads } = formattedWithReads(text);
    expect(reads / text.length).toBeLessThan(readsMax);
    expect(depthOf(blocks)).toBeLessThanOrEqual(depthMax);
  });

  test.each([
    ['list items', '- a\n'],
    ['quotes', '> a\n\n'],
    ['list items in quotes', '> - a\n\n'],
  ])('of which the first 500 %s are formatted, and the rest is text', (_, unit) => {
    const { blocks } = formattedWithReads(unit.repeat(1_000));
    const last = blocks.at(-1);
    expect(blocks.length).toBeLessThanOrEqual(1_001);
    expect(last?.kind === 'text' && last.children).toEqual([{ kind: 'text', text: expect.stringContaining(unit) }]);
    expect(plainText(blocks).match(/a/g)?.length).toBe(1_000);
  });
});
