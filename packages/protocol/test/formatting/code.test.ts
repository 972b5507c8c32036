import { describe, expect, test } from 'bun:test';
import { formatted } from '../../src/formatting/index.ts';
import { outline, partsOf } from './parts.ts';

function blocksOf(text: string): string[] {
  return formatted(text).flatMap((block) => (block.kind === 'code' ? [block.text] : []));
}

function spansOf(text: string): string[] {
  return partsOf(formatted(text)).flatMap((part) => (part.kind === 'code' ? [part.text] : []));
}

function languageOf(text: string): string | undefined {
  return formatted(text).flatMap((block) => (block.kind === 'code' ? [block.language] : []))[0];
}

const lines = 'first\n\n\tsecond';

describe('a fenced block', () => {
  test.each([
    'c#',
    'c++',
    'objective-c',
    'ts title="a file.ts"',
    'ts ',
    ' ts',
    '\tts',
    '{.python}',
    'ts{1,3}',
    'a ~~~',
    'x'.repeat(100),
    '日本語',
    '',
  ])('has all its lines and not its info string %j', (info) => {
    for (const [opening, closing] of [
      ['```', '```'],
      ['````', '````'],
      ['````', '``````'],
      ['~~~', '~~~'],
      ['~~~~', '~~~~  '],
      ['   ```', '  ```\t'],
    ]) {
      const text = `before\n${opening}${info}\n${lines}\n${closing}\nafter`;
      expect(formatted(text)).toEqual([
        { kind: 'text', children: [{ kind: 'text', text: 'before' }] },
        { kind: 'code', text: lines, language: expect.any(String) },
        { kind: 'text', children: [{ kind: 'text', text: 'after' }] },
      ]);
      for (const lineBreak of ['\r\n', '\r']) expect(blocksOf(text.replaceAll('\n', lineBreak))).toEqual([lines]);
    }
  });

  test('may contain shorter fences and fences of the other character', () => {
    expect(blocksOf('````md\n```ts\na\n```\n````')).toEqual(['```ts\na\n```']);
    expect(blocksOf('~~~\n```\na\n```\n~~~')).toEqual(['```\na\n```']);
    expect(blocksOf('```\n~~~\n```')).toEqual(['~~~']);
    expect(blocksOf('```\na\n``` b\n```')).toEqual(['a\n``` b']);
    expect(blocksOf('```\na\n    ```\n```')).toEqual(['a\n    ```']);
  });

  test('without a closing fence extends to the end of the text', () => {
    expect(blocksOf('```c#\na\nb')).toEqual(['a\nb']);
    expect(blocksOf('````\na\n```\n')).toEqual(['a\n```']);
  });

  test('of backticks has no backtick in its info string; a fence of tildes may have some', () => {
    expect(outline('``` a`b\nc')).toBe('``` a`b\nc');
    expect(blocksOf('~~~ a`b ~~~\nc\n~~~')).toEqual(['c']);
    expect(spansOf('```let a```')).toEqual(['let a']);
  });

  test('is indented less by the indentation of its fence', () => {
    expect(blocksOf('  ```\n  a\n    b\n c\n  ```')).toEqual(['a\n  b\nc']);
  });

  test('does not start after four spaces, with two marks, or without content', () => {
    for (const text of ['    ```\na\n    ```', '``\na\n``', '```', '```ts', '```\n```', '~~~'])
      expect(blocksOf(text)).toEqual([]);
    expect(outline('```ts')).toBe('```ts');
    expect(blocksOf('```\n```\ntext')).toEqual([]);
  });

  test('names its language by the first word of its info string', () => {
    for (const [info, language] of [
      ['ts', 'ts'],
      ['TypeScript title="a file.ts"', 'typescript'],
      [' c++ ', 'c++'],
      ['rust,ignore', 'rust'],
      ['ts{1,3}', 'ts'],
      ['{.python}', ''],
      ['', ''],
    ])
      expect(languageOf(`\`\`\`${info}\na`)).toBe(language);
  });

  test('may follow another one', () => {
    expect(blocksOf('```\na\n```\n```js\nb\n```\n')).toEqual(['a', 'b']);
  });
});

describe('code within a line', () => {
  test('is between runs of backticks of the same length', () => {
    expect(spansOf('`a` ``b`c`` ``` d`` ```')).toEqual(['a', 'b`c', 'd``']);
    expect(spansOf('`a``')).toEqual([]);
    expect(spansOf('``a` b`')).toEqual([' b']);
  });

  test('may contain a line break, but no blank line', () => {
    expect(spansOf('`a\nb` `c\r\nd`')).toEqual(['a b', 'c d']);
    expect(spansOf('`a\n\nb`')).toEqual([]);
    expect(spansOf('`a\r\n \r\nb`')).toEqual([]);
  });

  test('loses one space at both ends unless it has only spaces', () => {
    expect(spansOf('`` `a` `` `  b ` ` ` ` c`')).toEqual(['`a`', ' b', ' ', ' c']);
  });

  test('takes precedence over links', () => {
    expect(outline('`https://example.org/`')).toBe('c{https://example.org/}');
    expect(outline('https://example.org/`a`')).toBe('a{https://example.org/}c{a}');
  });
});
