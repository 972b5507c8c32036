import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { fuzzed } from '../../server/test/fuzz/parameters.ts';
import { displayText } from '../src/chat/display-text.ts';
import { formattedRows, type Run } from '../src/chat/screen/formatted-rows.ts';
import { messageLines } from '../src/chat/screen/message-lines.ts';
import { terminalStyles } from '../src/chat/screen/terminal-styles.ts';

const all = { bold: true, italic: true, strike: true, colour: true };
const none = { bold: false, italic: false, strike: false, colour: false };

/** A row in a short notation: each run with the first letters of its styles. */
function outline(row: readonly Run[]): string {
  return row
    .map(({ text, style }) => {
      const letters = Object.keys(style)
        .map((name) => name[0])
        .join('');
      return letters === '' ? text : `${letters}{${text}}`;
    })
    .join('');
}

const rowsOf = (text: string, columns = 40, styles = all) => formattedRows(text, columns, styles).map(outline);
const plain = (row: readonly Run[]) => row.map(({ text }) => text).join('');

describe('formatting in the terminal', () => {
  test.each([
    ['**a** *b* ~~c~~ `d`', ['b{a} i{b} s{c} c{d}']],
    ['***a***', ['ib{a}']],
    ['> a\n> **b**\nc', ['d{│ }a', 'd{│ }b{b}', 'c']],
    ['- a\n  - b\n9. c', ['– a', '  – b', '9. c']],
    ['```ts\nlet a;\n\nb\n```', ['  c{let a;}', '  ', '  c{b}']],
    ['[a](https://b.example/c) https://d.example', ['a (https://b.example/c) ', 'https://d.example']],
    ['a\n\n- b', ['a', '', '– b']],
    ['2*3*4 # a_b_c >:(', ['2*3*4 # a_b_c >:(']],
  ])('of %j', (text, rows) => {
    expect(rowsOf(text)).toEqual(rows);
  });

  test('is wrapped by the width that it has on the screen, below the markers', () => {
    expect(rowsOf('**see you** at the *station*', 10)).toEqual(['b{see you} ', 'at the ', 'i{station}']);
    expect(rowsOf('- see you at the station', 14)).toEqual(['– see you at ', '  the station']);
    expect(rowsOf('> 李**李李**李李李李李', 14)).toEqual(['d{│ }李b{李李}李李李', 'd{│ }李李']);
  });

  test('where a style is missing shows the markers, and without styles the text as it was written', () => {
    expect(rowsOf('**a** *b* ~~c~~', 40, { ...all, italic: false, strike: false })).toEqual(['b{a} *b* ~~c~~']);
    expect(rowsOf('**a** `b`', 40, { ...all, colour: false })).toEqual(['b{a} `b`']);
    for (const text of ['**a** *b*', '> a', '- a\n1. b', '```ts\na\n```'])
      expect(rowsOf(text, 40, none)).toEqual(text.split('\n'));
  });

  test('is never wider than the screen, and controls nothing, whatever the text is', () => {
    const pieces = [
      '**',
      '*',
      '~~',
      '`',
      '```\n',
      '> ',
      '- ',
      '1. ',
      '\n',
      '  ',
      'word ',
      '李',
      '👩‍👩‍👧',
      'e\u0301',
      '\u001b[31m',
      '\u202e',
      '\u0007',
      '\t',
      '[a](https://b.example)',
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { maxLength: 40 }),
        fc.integer({ min: 20, max: 60 }),
        (units, columns) => {
          for (const row of formattedRows(displayText(units.join('')), columns, all)) {
            expect(Bun.stringWidth(plain(row))).toBeLessThanOrEqual(columns);
            expect(plain(row)).not.toMatch(/[\p{Cc}\u202e]/u);
          }
        },
      ),
      fuzzed(100),
    );
  });

  test('ends before the note of a message that is not sent', () => {
    const entry = {
      key: '1',
      time: '12:00',
      author: 'mira',
      text: '```\ncode',
      failure: '',
      state: 'sending',
    } as const;
    const lines = (...[more, columns = 40]: [object?, number?]) =>
      messageLines([{ ...entry, ...more }], columns, all)
        .slice(1)
        .map(({ row }) => outline(row));
    expect(lines()).toEqual(['    c{code} …']);
    expect(lines({ state: 'sent' })).toEqual(['    c{code}']);
    expect(lines({ text: '**a**', state: 'failed', failure: '*no*' }, 60)).toEqual([
      '  b{a} (*no*) ✗ not sent: /retry',
    ]);
    expect(lines({ text: '**a**', state: 'failed' }, 12)).toEqual(['  b{a}', '  ✗ not ', '  sent: ', '  /retry']);
  });
});

describe('the styles of a terminal', () => {
  test.each([
    [{ TERM: 'xterm-256color' }, 2, all],
    [{ TERM: 'xterm-256color', NO_COLOR: '1' }, 2, { ...all, colour: false }],
    [{ TERM: 'xterm-256color', TERM_PROGRAM: 'Apple_Terminal' }, 2, { ...all, strike: false }],
    [{ TERM: 'linux' }, 1, { ...all, italic: false, strike: false }],
    [{ TERM: 'screen-256color' }, 2, { ...all, italic: false, strike: false }],
    [{ TERM: 'dumb' }, 0, none],
    [{}, 0, none],
  ])('%j, level %d', (environment, level, expected) => {
    expect(terminalStyles(environment, level)).toEqual(expected);
  });
});
