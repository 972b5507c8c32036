import { describe, expect, test } from 'bun:test';
import { formatted } from '../../src/formatting/index.ts';
import { addressesOf, partsOf } from './parts.ts';

/** The texts of all addresses. */
function linked(text: string): string[] {
  return addressesOf(text).map(({ address }) => address);
}

const a = 'https://example.org/a';
const host = 'https://example.org';

describe('an address ends', () => {
  const enders = [...'。、，．！？：；）】」』》〉〕〗〙〛｝］｠…‥—”»›’“«„؟،؛۔।॥։՝՞።፣፧፨።།༎។៕၊။᠃߹܀׃‼⁇⁉‽¡¿～〜｡､｣'];
  test.each(enders)('before %s, after a host and after a path', (mark) => {
    for (const after of ['', '然后回来', 'あと', ' next', mark]) {
      expect(linked(`看 ${a}${mark}${after}`)).toEqual([a]);
      expect(linked(`看 ${host}${mark}${after}`)).toEqual([host]);
      expect(linked(`看 ${host}:8080${mark}${after}`)).toEqual([`${host}:8080`]);
    }
  });

  test.each([
    '\u00a0',
    '\u3000',
    '\u2009',
    '\u2028',
    '\u2029',
    '\u200b',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u3164',
    '\u202e',
    '\u2066',
    '\u200f',
    '\u0000',
    '\ue000',
  ])('before the invisible %j', (mark) => {
    expect(linked(`${a}${mark}b`)).toEqual([a]);
    expect(linked(`${host}${mark}b`)).toEqual([host]);
  });

  test.each([...'.,;:!?\'"*_~', '...', '?!', '),', ').', '**', ').**'])(
    'before a trailing %s, which is part of an address elsewhere',
    (mark) => {
      expect(linked(`${a}${mark}`)).toEqual([a]);
      expect(linked(`(${a}${mark} b`)).toEqual([a]);
      expect(linked(`${host}${mark} b`)).toEqual([host]);
    },
  );

  test.each(['然后', 'と言った', '에서', 'สวัสดี', 'это', 'και', 'هنا', 'यहाँ', 'այստեղ', 'እዚህ'])(
    'before %s directly after the host: a label is of one script',
    (word) => {
      expect(linked(`${host}${word}`)).toEqual([host]);
      expect(linked(`${host}${word}/b`)).toEqual([host]);
    },
  );

  test.each(['👍', '❤️', '👩‍👩‍👧', '🇸🇪', '✅', '→', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'])(
    'before %s, which can’t start a part of an address',
    (emoji) => {
      expect(linked(`${a}${emoji}`)).toEqual([a]);
      expect(linked(`${a}${emoji}${emoji} b`)).toEqual([a]);
      expect(linked(`${host}${emoji}`)).toEqual([host]);
    },
  );
});

describe('an address includes', () => {
  test.each([
    'https://example.org/路径/文件',
    'https://ja.wikipedia.org/wiki/日本語',
    'https://th.wikipedia.org/wiki/ภาษาไทย',
    'https://hi.wikipedia.org/wiki/हिन्दी',
    'https://fa.wikipedia.org/wiki/می‌خواهم',
    'https://bo.wikipedia.org/wiki/བོད་སྐད',
    'https://ca.wikipedia.org/wiki/Paral·lel',
    'https://fr.wikipedia.org/wiki/L’Équipe',
    'https://en.wikipedia.org/wiki/Bose–Einstein',
    'https://en.wikipedia.org/wiki/Mercury_(planet)',
    'https://zh.wikipedia.org/wiki/李伟（演员）',
    'https://example.org/a[b]{c}「d」《e》',
    'https://example.org/👍',
    'https://example.org/👩‍👩‍👧/🇸🇪',
    'https://example.org/?q=❤️&r=1',
    'https://i❤.ws/a',
    'https://例え.テスト/路径',
    'https://пример.рф',
    'https://münchen.example/ü',
    'https://日本語abc.jp/',
    'https://example.org:8080/a?b=c#d',
    'https://example.org?b',
    'https://example.org#d',
    'http://127.0.0.1:8080',
    'http://[::1]:8080/a',
    'http://[2001:db8::1]',
    'http://localhost:3000/',
    'https://example.org./a',
    'https://medium.example/@ana/post',
    "https://example.org/a.b,c;d:e!f?g*h_i~j'k",
    'HTTPS://EXAMPLE.ORG/A',
    'https://example.org/a%20b',
    'https://example.org/a-',
    'https://example.org/a/',
    'https://example.org/a?b=',
  ])('all of %s', (address) => {
    for (const [before, after] of [
      ['', ''],
      ['看', '。然后'],
      ['(', ')'],
      ['<', '>'],
      ['“', '”'],
      ['（', '）'],
      ['「', '」'],
      ['"', '"'],
      ['[text](', ')'],
      ['', ', and'],
    ])
      expect(linked(before + address + after)).toEqual([address]);
  });

  test('a closing bracket only if its opening bracket is part of the address', () => {
    expect(linked(`${a}(b)) c`)).toEqual([`${a}(b)`]);
    expect(linked(`${a}(b`)).toEqual([`${a}(b`]);
    expect(linked(`${a}(`)).toEqual([a]);
    expect(linked(`${a}（b）) c`)).toEqual([`${a}（b）`]);
    expect(linked(`${a}(b]`)).toEqual([`${a}(b`]);
    expect(linked(`${a})b`)).toEqual([a]);
  });
});

describe('a link leads where its text says', () => {
  test.each([
    'https://bank.example@evil.example',
    'https://bank.example:443@evil.example/',
    'https://bank.example,x@evil.example',
    'https://user:password@example.org/',
    'https://@example.org',
    'https://раypal.com/',
    'https://аpple.com',
    'https://exa\u200cmple.org@b',
    'https://example.org:99999/',
    `https://${'a'.repeat(300)}.org/`,
    'https://。',
    'https://.',
    'https://[::1',
    'javascript:alert(1)',
  ])('and %s is not a link', (text) => {
    expect(linked(text)).toEqual([]);
  });

  test('whatever character follows the host', () => {
    for (const text of [`${host}\\@evil.example`, `${host}%2eevil.example`, `${host}。evil.example`, `${host}．evil`])
      for (const part of partsOf(formatted(text)))
        if (part.kind === 'address') expect(part.href).toBe(new URL(part.text).href);
    expect(linked('https://example.org。谢谢')).toEqual([host]);
    expect(addressesOf('https://example.org。谢谢')).toEqual([{ address: host, href: `${host}/` }]);
  });

  test('and several addresses in a text are separate links', () => {
    expect(linked(`${a}、${host}，${a}然后https://b.example`)).toEqual([a, host, `${a}然后https://b.example`]);
    expect(linked(`${host}然后看${a}。`)).toEqual([host, a]);
    expect(linked(`1. ${a}\n2. ${host}\r\n3. ${a}`)).toEqual([a, host, a]);
  });
});
