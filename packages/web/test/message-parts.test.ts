import { describe, expect, test } from 'bun:test';
import naughtyStrings from 'big-list-of-naughty-strings';
import fc from 'fast-check';
import { isEmojiAlone } from '../src/conversation/emoji-alone.ts';
import { messageParts } from '../src/conversation/message-parts.ts';

function linksOf(text: string): string[] {
  return messageParts(text).flatMap((part) => (part.kind === 'link' ? [part.href] : []));
}

describe('message parts', () => {
  test('code is kept as it is', () => {
    expect(messageParts('look:\n```ts\nif (a) {\n  b();\n}\n```\nand `x  y`')).toEqual([
      { kind: 'text', text: 'look:' },
      { kind: 'block', text: 'if (a) {\n  b();\n}' },
      { kind: 'text', text: 'and ' },
      { kind: 'code', text: 'x  y' },
    ]);
  });

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
  ])('%s is no link', (text) => {
    expect(linksOf(text)).toEqual([]);
  });

  test('an address ends before characters that change the text direction', () => {
    expect(linksOf('https://example.org/\u202egnp.exe')).toEqual(['https://example.org/']);
  });

  test('a text without code and links is one part', () => {
    const same = (text: string) => {
      const parts = messageParts(text);
      if (parts.some(({ kind }) => kind === 'block' || kind === 'code')) return;
      expect(parts.map((part) => part.text).join('')).toBe(text);
    };
    for (const text of naughtyStrings) same(text);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), same));
  });

  test('a text of a few emoji is recognised', () => {
    expect(['👍', '👩‍👩‍👧 🎉', '🇸🇪'].map(isEmojiAlone)).toEqual([true, true, true]);
    expect(['5', 'ok 👍', '', '©a'].map(isEmojiAlone)).toEqual([false, false, false, false]);
  });
});
