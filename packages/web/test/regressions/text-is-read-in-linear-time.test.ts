import { describe, expect, test } from 'bun:test';
import { partsWithReads } from '../../src/conversation/message-parts.ts';

const length = 10_000;
/** One of each kind of character that the rules for code and addresses distinguish. */
const atoms = [
  ...'a)(].,:/@?#-_*%\'"<&`~\\ \t\n\r\0',
  ...'。、（）「」”’«…؟。中ßд१é\u0301\u200b\u200c\u200d\u202e\ufe0f\u3164😀€\u{e0067}\ud800',
  'http://',
  'https://a',
  'https://a/',
  '[::1]',
  '```',
  '\n```',
  '\n~~~',
];
/** Characters that affect the result, for all combinations of three. */
const deciding = ['a', ')', '(', '.', '/', ':', '@', '`', '\n', '。', '😀', 'https://a', 'https://a/', '\n```'];
const starts = ['', 'https://', 'https://a', 'https://a/', '`', '```\n', 'https://a/('];

function readsEach(unit: string, start: string): number {
  const text = (start + unit.repeat(length)).slice(0, length);
  const { parts, reads } = partsWithReads(text);
  const shown = parts.reduce((sum, part) => sum + part.text.length, 0);
  expect(shown).toBeLessThanOrEqual(text.length);
  return reads / text.length;
}

/** The most reads per character: for fences, spans, and the scheme, authority, host and rest of an address. */
const readsMax = 24;

describe(`a text of ${length.toLocaleString('en')} characters is read in proportion to its length`, () => {
  test('that repeats one or two characters', () => {
    for (const start of starts)
      for (const first of start === '' ? atoms : deciding)
        for (const second of ['', ...(start === '' ? atoms : deciding)]) {
          const reads = readsEach(first + second, start);
          if (reads > readsMax) expect({ start, unit: first + second, reads }).toBeNull();
        }
  });

  test('that repeats three characters', () => {
    for (const first of deciding)
      for (const second of deciding)
        for (const third of deciding) {
          const reads = readsEach(first + second + third, 'https://a');
          if (reads > readsMax) expect({ unit: first + second + third, reads }).toBeNull();
        }
  });

  test('that has runs of backticks of growing length, none of which is closed', () => {
    let text = '';
    for (let run = 1; text.length < length; run++) text += `${'`'.repeat(run)} `;
    expect(partsWithReads(text.slice(0, length)).reads).toBeLessThan(readsMax * length);
  });
});
