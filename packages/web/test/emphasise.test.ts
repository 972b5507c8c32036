import { describe, expect, test } from 'bun:test';
import { toggleEmphasis } from '../src/composer/emphasise.ts';

/** Applies a key to a text in which `[` and `]` mark the selection, and `|` the caret. */
function after(kind: 'bold' | 'italic', marked: string): string {
  const caret = marked.indexOf('|');
  const start = caret >= 0 ? caret : marked.indexOf('[');
  const end = caret >= 0 ? caret : marked.indexOf(']') - 1;
  const text = marked.replaceAll(/[[\]|]/g, '');
  const changed = toggleEmphasis({ text, start, end }, kind);
  const result = text.slice(0, changed.from) + changed.text + text.slice(changed.until);
  if (changed.start === changed.end) return `${result.slice(0, changed.start)}|${result.slice(changed.start)}`;
  return `${result.slice(0, changed.start)}[${result.slice(changed.start, changed.end)}]${result.slice(changed.end)}`;
}

describe('making a selection bold or italic', () => {
  test.each([
    ['bold', 'a [b] c', 'a **[b]** c'],
    ['italic', 'a [b] c', 'a *[b]* c'],
    ['bold', 'a *[b]* c', 'a ***[b]*** c'],
    ['italic', 'a **[b]** c', 'a ***[b]*** c'],
    ['bold', 'a[ b ]c', 'a **[b]** c'],
    ['bold', '[a\nb]', '**[a**\n**b]**'],
    ['bold', '[- a\n\n> 1. b]', '- **[a**\n\n> 1. **b]**'],
    ['bold', '[make **this** bold]', '**[make this bold]**'],
    ['bold', '[**a** and **b**]', '**[a and b]**'],
    ['italic', '[*a* and 2*3*4]', '*[a and 2*3*4]*'],
    ['italic', '[😀 ü]', '*[😀 ü]*'],
    ['bold', 'a [5*] b', 'a **[5*]** b'],
    ['bold', 'a|', 'a**|**'],
    ['italic', '[ ]', ' *|*'],
  ] as const)('%s: %j becomes %j', (kind, before, expected) => {
    expect(after(kind, before)).toBe(expected);
  });
});

describe('what is bold or italic already is not any more', () => {
  test.each([
    ['bold', 'a **[b]** c', 'a [b] c'],
    ['bold', 'a [**b**] c', 'a [b] c'],
    ['bold', 'a *[*b*]* c', 'a [b] c'],
    ['italic', 'a *[b]* c', 'a [b] c'],
    ['italic', 'a [***b***] c', 'a **[b]** c'],
    ['bold', 'a ***[b]*** c', 'a *[b]* c'],
    ['bold', '**[a**\n**b]**', '[a\nb]'],
    ['bold', '**|**', '|'],
    ['italic', 'a *|*', 'a |'],
  ] as const)('%s: %j becomes %j', (kind, before, expected) => {
    expect(after(kind, before)).toBe(expected);
  });

  test('and twice the same key changes nothing', () => {
    for (const text of ['[a b]', '- [a]', '> [a\n> b] c', 'x [ü😀 y] z'])
      for (const kind of ['bold', 'italic'] as const) expect(after(kind, after(kind, text))).toBe(text);
  });

  test('if some lines are, all become', () => {
    expect(after('bold', '[**a**\nb]')).toBe('**[a**\n**b]**');
  });
});
