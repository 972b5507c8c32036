import { describe, expect, test } from 'bun:test';
import { mixedScripts } from '../src/index.ts';
import { Username } from '../src/text.ts';

describe('a name that mixes scripts is found, with its scripts', () => {
  test.each([
    ['pаypal', ['Latn', 'Cyrl']],
    ['аdmin', ['Latn', 'Cyrl']],
    ['Αnna', ['Latn', 'Grek']],
    ['Αнна', ['Cyrl', 'Grek']],
    ['Анна Smith', ['Latn', 'Cyrl']],
    ['Сосо Ltd', ['Latn', 'Cyrl']],
    ['Ꭺnna', ['Latn', 'Zzzz']],
    ['ｐаypal', ['Latn', 'Cyrl']],
    ['𝛂nna', ['Latn', 'Grek']],
    ['ana\u0430', ['Latn', 'Cyrl']],
    ['אבגا', ['Arab', 'Hebr']],
    ['한국にほん', ['Hira', 'Hang']],
  ] as [string, string[]][])('%s', (name, scripts) => {
    expect([...mixedScripts(name)].sort()).toEqual([...scripts].sort());
  });
});

describe('a name in a usual writing system is not', () => {
  test.each([
    ['Ana'],
    ['Zoë Łukasiewicz-Øster'],
    ['Анна Каренина'],
    ['Ελένη'],
    ['Ђорђе Ћосић'],
    ['山田 太郎'],
    ['山田たろう Taro'],
    ['ラーメン屋'],
    ['김철수 Kim'],
    ['李小龍 Bruce'],
    ['ㄅㄆㄇ李'],
    ['प्रिया Priya'],
    ['محمد Ali'],
    ['דוד Levi'],
    ['สมชาย'],
    ['ኢትዮጵያ'],
    ['ᏣᎳᎩ'],
    ['ⵜⵉⴼⵉⵏⴰⵖ'],
    ['Ana 🦊 ❤️ 👩‍👩‍👧'],
    ['Ana (2) – ops & co. №5 ½'],
    ['µTorrent 5 µm'],
    ['①②③ Ana'],
    ['ａｎａ'],
    ['𝒜𝓃𝒶'],
    ['e\u0301milie'],
    ['123'],
    ['…'],
    [''],
  ])('%s', (name) => expect(mixedScripts(name)).toEqual([]));
});

test('a username never mixes scripts', () => {
  for (const name of ['pаypal', 'Αnna', 'ａdmin', 'ana\u200b', 'an\u0430', 'anna\u0301', 'İda', 'ſam', '\u212aay']) {
    expect([name, Username.safeParse(name).success]).toEqual([name, false]);
  }
  for (let code = 0x80; code < 0x3000; code++) {
    expect(Username.safeParse(`ana${String.fromCharCode(code)}`).success).toBe(false);
  }
});
