import { expect, test } from 'bun:test';
import { renderToString } from 'ink';
import { createElement } from 'react';
import { composerRows } from '../../src/chat/screen/composer.ts';
import { Composer, composerColumns } from '../../src/chat/screen/composer-view.tsx';

const columns = 80;
const height = 5;

function shown(text: string, cursor = text.length): string {
  const rows = composerRows({ text, cursor }, composerColumns(columns));
  return renderToString(createElement(Composer, { rows, height: Math.min(height, rows.length), columns }), { columns });
}

const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index + 1}`).join(' ');

test('a line that is longer than the screen is wide shows what is typed at its end', () => {
  for (const count of [20, 60, 300]) expect(shown(words(count))).toContain(`word${count}`);
});

test('the row with the cursor is shown, wherever it is in a long text', () => {
  const text = words(300);
  for (const count of [1, 100, 200, 299])
    expect(shown(text, words(count).length)).toMatch(new RegExp(`word${count}\\b`));
});

test('rows hold the whole text and one cursor, also at the ends of lines', () => {
  const texts = ['', 'a', '\n', 'one\n\ntwo', words(60), '李'.repeat(200), `${'x'.repeat(78)}\n${'y'.repeat(78)}`];
  for (const text of texts) {
    for (let cursor = 0; cursor <= text.length; cursor++) {
      const rows = composerRows({ text, cursor }, composerColumns(columns));
      expect(rows.filter((row) => row.cursor !== null)).toHaveLength(1);
      expect(
        rows
          .map((row) => row.text)
          .join('')
          .replaceAll(' ', ''),
      ).toBe(text.replaceAll(/[\n ]/g, ''));
      for (const row of rows) expect(Bun.stringWidth(row.text)).toBeLessThanOrEqual(composerColumns(columns));
    }
  }
});

test('control characters in the text do not control the terminal', () => {
  const text = 'a\u001b[2Jb\u0007\tc\u202ed';
  // The text of a message that is edited may have been written with another client.
  for (let cursor = 0; cursor <= text.length; cursor++) {
    const drawn = Bun.stripANSI(shown(text, cursor));
    expect(drawn).toContain('␛[2Jb␇');
    for (const control of ['\u0007', '\t', '\u202e']) expect(drawn).not.toContain(control);
  }
});
